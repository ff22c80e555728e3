using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Packages;

namespace Fhir.Server.Core.Validation.Snapshots;

/// <summary>Steps into the types of elements: what stands below an element is said by its type, a profile of it, or an element it refers to.</summary>
internal sealed class Types(Conformance conformance, Func<Element, Node?> treeOf)
{
    private const string Core = "http://hl7.org/fhir/StructureDefinition/";

    /// <summary>Hangs below a node what its type says, unless something stands there already.</summary>
    public void Unfold(Node node)
    {
        if (node.Children.Count > 0) return;
        var source = node.Facts.Has("contentReference") ? Referred(node) : Inherited(node) ?? TypeOf(node);
        foreach (var child in source?.Children ?? []) node.Add(child.Derive());
    }

    /// <summary>The root of the profile that an element's only type names, or null.</summary>
    public Node? Profile(IEnumerable<Element> types)
    {
        var profiles = types.SelectMany(t => t.Each("profile")).Select(p => p.Text).OfType<string>().Take(2).ToList();
        return profiles.Count == 1 && conformance.Find("StructureDefinition", profiles[0]) is { } found ? treeOf(found) : null;
    }

    // It is the element of the type, whatever profiles say about that: Questionnaire.item.item is a Questionnaire.item.
    private Node? Referred(Node node)
    {
        var parts = node.Facts["contentReference"].Text!.Split('#', 2);
        var path = parts[^1];
        var type = Tree(parts is [{ Length: > 0 } url, _] ? url : path.Split('.')[0]) ?? (node.Origin ?? node).Home;
        var target = type.All.FirstOrDefault(n => n.SliceName is null && n.Path == path);
        if (target is null) return null;
        node.Facts.Remove("contentReference");
        node.Facts.Set("type", target.Facts.Each("type"));
        return target;
    }

    // A slice of a backbone that was shipped without its children has those of the element it slices.
    private static Node? Inherited(Node node) => node.SliceName is not null && node.Facts.TypeCodes.All(c => c is "BackboneElement" or "Element")
        ? node.Parent?.Children.FirstOrDefault(c => c.Name == node.Name && c.SliceName is null)
        : null;

    private Node? TypeOf(Node node)
    {
        var types = node.Facts.Each("type").ToList();
        if (types.Count == 0) return null;
        if (Profile(types) is { } profile) return profile;
        var codes = types.Select(Facts.CodeOf).Distinct().ToList();
        return Tree(codes.Count == 1 ? codes[0] : "Element");
    }

    // A logical model names its types by their whole url.
    private Node? Tree(string code) =>
        conformance.Find("StructureDefinition", code.Contains(':', StringComparison.Ordinal) ? code : Core + code) is { } type ? treeOf(type) : null;
}
