using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Search.Types;

namespace Fhir.Server.Store.Search;

/// <summary>
/// The patients of what R4's patient compartment gives to none — https://hl7.org/fhir/R4/compartmentdefinition-patient.html. A document is about
/// the subject of its Composition (https://hl7.org/fhir/R4/documents.html), any other Bundle and Parameters about all that is in it, a Binary
/// about its security context, and the rest about every patient that it refers to.
/// </summary>
internal static class Beside
{
    /// <summary>Adds them; false when there are none.</summary>
    public static bool AddPatients(Element resource, Indexer indexer, HashSet<ResourceKey> to)
    {
        if (AccessTable.ReadBy(resource.Type) is not (Keeper.Patient or Keeper.Own)) return false;
        if (resource.Type == "Bundle" && resource["type"].Text == "document" && Composition(resource, indexer) is { } composition) Add(composition["subject"], indexer, to);
        if (to.Count == 0) Collect(resource, indexer, to);
        return to.Count > 0;
    }

    private static Element? Composition(Element document, Indexer indexer) =>
        document.Each("entry").FirstOrDefault() is { } first && !IsElsewhere(first, indexer.Bases) && first["resource"] is { Type: "Composition" } composition ? composition : null;

    private static void Collect(Element element, Indexer indexer, HashSet<ResourceKey> to)
    {
        foreach (var child in element.Children)
        {
            if (child is { Name: "resource", Definition.Kind: TypeKind.Resource }) to.UnionWith(indexer.PatientsOf(child));
            else if (child.Type == "Reference") Add(child, indexer, to);
            if (child is not { Name: "resource", Definition.Kind: TypeKind.Resource } && !IsElsewhere(child, indexer.Bases)) Collect(child, indexer, to);
        }
    }

    // Bundle.entry: what another server sent under its own address speaks of its own patients.
    private static bool IsElsewhere(Element entry, ServerBases bases) =>
        entry.Name == "entry" && entry["fullUrl"].Text is { } url && url.StartsWith("http", StringComparison.OrdinalIgnoreCase) && ReferenceText.Local(url, bases) is null;

    private static void Add(Element reference, Indexer indexer, HashSet<ResourceKey> to)
    {
        if (ReferenceText.TextOf(reference) is { } text && ReferenceText.Local(text, indexer.Bases) is { Type: "Patient" } patient) to.Add(patient);
    }
}
