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
        if (_conformance.Find("StructureDefinition", baseUrl) is not { } below) return Wrong($"{baseUrl}, the base of {url}, is not loaded.");
        if (TreeOf(below) is not { } tree) return Wrong($"{baseUrl}, the base of {url}, has no snapshot, and none can be made.");
        var isNewType = structureDefinition["derivation"].Text == "specialization";
        var root = tree.Derive(isNewType ? TypeName(structureDefinition) : null);
        var placing = new Placing(root, _types, isNewType);
        foreach (var change in SharedContent.WriteOut(Change.AllOf(structureDefinition)))
            if (placing.Place(change) is { } unknown) return Wrong($"{url} constrains {change.Path}: {unknown}");
        Slicing.Settle(root);
        return NodeTree.ToSnapshot(root);
    }

    private static Issue Wrong(string text) => new(IssueKind.Invalid, text);

    private static string TypeName(Element structureDefinition)
    {
        var type = structureDefinition["type"].Text ?? "";
        return type[(type.LastIndexOf('/') + 1)..];
    }

    // A definition that is being made cannot be asked: its type, or its base, stands in for it.
    private Node? TreeOf(Element structureDefinition)
    {
        if (_trees.TryGetValue(structureDefinition, out var known)) return known;
        if (_inProgress.Contains(structureDefinition))
            return structureDefinition["baseDefinition"].Text is { } url && _conformance.Find("StructureDefinition", url) is { } below ? TreeOf(below) : null;
        return _trees[structureDefinition] = Snapshot.Of(structureDefinition, _conformance, Nested).Failed(out _, out var snapshot) ? null : NodeTree.Of(snapshot);
    }

    private Result<Element> Nested(Element structureDefinition, Conformance conformance) => Generate(structureDefinition, conformance, _inProgress);
}
