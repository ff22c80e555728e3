using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Search;
using Fhir.Server.Store.Search.Types;

namespace Fhir.Server.Store.Resources;

/// <summary>
/// The literal references of a resource to resources of this server, wherever they stand in it — https://hl7.org/fhir/R4/references.html#literal.
/// What is contained, urn:, logical identifiers and other servers are none; and what a Bundle or Parameters carries speaks for itself.
/// </summary>
internal static class LocalReferences
{
    public static List<(ResourceKey Key, Element At)> In(Element resource, ServerBases bases)
    {
        var found = new List<(ResourceKey, Element)>();
        Collect(resource, bases, found);
        return found;
    }

    private static void Collect(Element element, ServerBases bases, List<(ResourceKey, Element)> found)
    {
        if (element is { Name: "reference", Text: { Length: > 0 } text, Parent: { Type: "Reference" } at } && ReferenceText.Local(text, bases) is { } key) found.Add((key, at));
        foreach (var child in element.Children)
            if (child is not { Name: "resource", Definition.Kind: TypeKind.Resource }) Collect(child, bases, found);
    }
}
