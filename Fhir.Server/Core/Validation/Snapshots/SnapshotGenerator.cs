using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Packages;

namespace Fhir.Server.Core.Validation.Snapshots;

/// <summary>
/// Makes the snapshot of a profile that ships only a differential — https://hl7.org/fhir/R4/profiling.html#snapshot.
/// The base's snapshot is copied as a tree; each element of the differential finds its place in it, and lays what it says over it.
/// </summary>
internal sealed class SnapshotGenerator
{
    // Logical models may stand on this type, which has no elements; R4 does not define it.
    private const string Nothing = "http://hl7.org/fhir/StructureDefinition/Base";
    private const int MaxBases = 64;
    private readonly Conformance _conformance;
    private readonly HashSet<Element> _inProgress;
    private readonly Dictionary<Element, Node?> _trees = [];
    private readonly Types _types;

    private SnapshotGenerator(Conformance conformance, HashSet<Element> inProgress)
    {
        (_conformance, _inProgress) = (conformance, inProgress);
        _types = new(conformance, TreeOf);
    }

    public static Result<Element> Generate(Element structureDefinition, Conformance conformance) => Generate(structureDefinition, conformance, []);

    private static Result<Element> Generate(Element structureDefinition, Conformance conformance, HashSet<Element> inProgress)
    {
        inProgress.Add(structureDefinition);
        var made = new SnapshotGenerator(conformance, inProgress).Make(structureDefinition);
        inProgress.Remove(structureDefinition);
        return made;
    }

    private Result<Element> Make(Element structureDefinition)
    {
        var url = structureDefinition["url"].Text;
        if (structureDefinition["baseDefinition"].Text is not { } baseUrl) return Wrong($"{url} has neither a snapshot nor a base.");
        var below = _conformance.Find("StructureDefinition", baseUrl);
        if (below is not null && _inProgress.Contains(below) || _inProgress.Count > MaxBases) return Wrong($"{url} stands on itself, or on too many others.");
        if (below is null && baseUrl != Nothing) return Wrong($"{baseUrl}, the base of {url}, is not loaded.");
        if ((below is null ? EmptyTree() : TreeOf(below)) is not { } tree) return Wrong($"{baseUrl}, the base of {url}, has no snapshot, and none can be made.");
        var isNewType = structureDefinition["derivation"].Text == "specialization";
        var root = isNewType ? NodeTree.NewType(tree, TypeName(structureDefinition)) : tree.Derive();
        var placing = new Placing(root, _types, isNewType);
        foreach (var change in SharedContent.WriteOut(Change.AllOf(structureDefinition)))
            if (placing.Place(change) is { } unknown) return Wrong($"{url} constrains {change.Path}: {unknown}");
        Slicing.Settle(root);
        return NodeTree.ToSnapshot(root);
    }

    private static Node? EmptyTree()
    {
        var snapshot = Element.Of("StructureDefinition").Add("snapshot");
        var root = snapshot.Add("element");
        root.Add("path", "Base");
        root.Add("min", "0");
        root.Add("max", "*");
        return NodeTree.Of(snapshot);
    }

    private static Issue Wrong(string text) => new(IssueKind.Invalid, text);

    private static string TypeName(Element structureDefinition)
    {
        var type = structureDefinition["type"].Text ?? "";
        return type[(type.LastIndexOf('/') + 1)..];
    }

    private Node? TreeOf(Element structureDefinition)
    {
        if (_trees.TryGetValue(structureDefinition, out var known)) return known;
        if (_inProgress.Contains(structureDefinition)) return StandIn(structureDefinition) is { } other ? TreeOf(other) : null;
        return _trees[structureDefinition] = Snapshot.Of(structureDefinition, _conformance, Nested).Failed(out _, out var snapshot) ? null : NodeTree.Of(snapshot);
    }

    // A definition that is being made cannot be asked (a Reference within a profile of Reference): the nearest of its bases stands in for it.
    private Element? StandIn(Element structureDefinition)
    {
        var below = structureDefinition;
        for (var steps = 0; below is not null && _inProgress.Contains(below); steps++)
            below = steps < MaxBases && below["baseDefinition"].Text is { } url ? _conformance.Find("StructureDefinition", url) : null;
        return below;
    }

    private Result<Element> Nested(Element structureDefinition, Conformance conformance) => Generate(structureDefinition, conformance, _inProgress);
}
