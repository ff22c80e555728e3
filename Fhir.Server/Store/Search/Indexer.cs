using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Search.Types;

namespace Fhir.Server.Store.Search;

/// <summary>Makes the index rows of a resource — https://hl7.org/fhir/R4/searchparameter-registry.html. Pure, and safe from all threads.</summary>
public sealed class Indexer
{
    [ThreadStatic] private static List<Element>? t_found;
    private readonly ParameterNumbers _numbers;
    private readonly ServerBases _bases;

    public Indexer(ParameterNumbers numbers, ServerBases bases) => (_numbers, _bases) = (numbers, bases);

    internal ServerBases Bases => _bases;

    /// <summary>The words of names that the database is known to have.</summary>
    internal NameWords Words { get; } = new();

    /// <summary>The deployer's own parameters as they are now.</summary>
    internal ParameterNumbers Numbers => _numbers;

    /// <summary>The rows of a resource.</summary>
    public IndexEntries Extract(Element resource)
    {
        var catalog = _numbers.Catalog;
        var entries = new IndexEntries { Epoch = catalog.Epoch };
        foreach (var parameter in catalog.Of(resource.Type).Values)
            if (parameter.Path is not null) Extract(resource, parameter, entries, catalog);
        ContentWords.Index(resource, catalog, entries);
        foreach (var inside in resource.Each("contained")) TakeContained(inside, entries, catalog);
        if (resource.Type == "Patient") TakeItself(resource, entries);
        else if (entries.Patients.Count == 0) entries.NamesPatientsBeside = Beside.AddPatients(resource, this, entries.Patients);
        return entries;
    }

    /// <summary>The rows of a resource under the key that it is or will be stored with. A Patient is its own patient and nobody else's; its id may not stand in the text yet.</summary>
    public IndexEntries Extract(Element resource, ResourceKey key)
    {
        var entries = Extract(resource);
        if (key.Type != "Patient") return entries;
        entries.Patients.Clear();
        entries.Patients.Add(key);
        return entries;
    }

    /// <summary>The patients whose compartment it is in: what <see cref="Extract(Element)"/> says of them, without the rows.</summary>
    internal HashSet<ResourceKey> PatientsOf(Element resource)
    {
        var entries = new IndexEntries();
        var found = new List<Element>();
        foreach (var parameter in _numbers.Catalog.Of(resource.Type).Values.Where(p => p.InPatientCompartment && p.Path is not null && resource.Type != "Patient"))
        {
            found.Clear();
            if (parameter.Path!.Select(resource, found) is null) found.ForEach(element => TakePatient(element, entries));
        }
        if (resource.Type == "Patient") TakeItself(resource, entries);
        else if (entries.Patients.Count == 0) Beside.AddPatients(resource, this, entries.Patients);
        return entries.Patients;
    }

    /// <summary>The resource of this server whose security a Binary shares.</summary>
    internal ResourceKey? ContextOf(Element binary) => ReferenceText.TextOf(binary["securityContext"]) is { } text ? ReferenceText.Local(text, _bases) : null;

    // Found only where it is asked for (_contained); it opens its container to nobody.
    private void TakeContained(Element resource, IndexEntries container, SearchCatalog catalog)
    {
        if (resource["id"].Text is not { Length: > 0 } id || AccessTable.ReadBy(resource.Type) is Keeper.Nobody or Keeper.Audit || container.Inside.Exists(c => c.Type == resource.Type && c.Id == id)) return;
        var entries = new IndexEntries { Epoch = catalog.Epoch };
        foreach (var parameter in catalog.Of(resource.Type).Values)
            if (parameter.Path is not null) Extract(resource, parameter, entries, catalog);
        ContentWords.Index(resource, catalog, entries);
        container.Words.UnionWith(entries.Words);
        container.Inside.Add(new(resource.Type, id, entries));
    }

    // A Patient stands in her own compartment only, whatever she links to.
    private static void TakeItself(Element patient, IndexEntries entries)
    {
        entries.Patients.Clear();
        if (patient["id"].Text is { } id) entries.Patients.Add(new("Patient", id));
    }

    private void Extract(Element resource, SearchParameter parameter, IndexEntries entries, SearchCatalog catalog)
    {
        var found = t_found ??= [];
        found.Clear();
        if (parameter.Path!.Select(resource, found, parameter.Definition.Custom is null ? null : CustomParameter.Bounds) is not null) return;
        foreach (var element in found)
        {
            if (parameter.InPatientCompartment) TakePatient(element, entries);
            if (!(parameter.KeepsRows ? Index(element, parameter, entries, catalog) : HasValue(element))) continue;
            if (parameter.Bit == 0) entries.Tokens.Add((parameter.Numbers[0], catalog.Presence));
            else entries.Has |= parameter.Bit;
        }
    }

    // How a parameter without rows of its own tells that it has a value; only composites bind more than the element itself.
    private static bool HasValue(Element element) => element.Text is not null || element.Children.Any(c => c.Name != "extension");

    private bool Index(Element element, SearchParameter parameter, IndexEntries entries, SearchCatalog catalog) => parameter.Type switch
    {
        SearchParameterType.Token => Token.Index(element, parameter.Numbers[0], entries, catalog),
        SearchParameterType.String => StringText.Index(element, parameter, entries, catalog.Hash),
        SearchParameterType.Uri => UriText.Index(element, parameter.Numbers[0], entries, catalog.Hash),
        SearchParameterType.Date => Date.Index(element, parameter.Numbers[0], entries),
        SearchParameterType.Number => Number.Index(element, parameter.Numbers[0], entries),
        SearchParameterType.Quantity => Quantity.Index(element, parameter.Numbers[0], entries, catalog.Hash),
        SearchParameterType.Reference => ReferenceText.Index(element, parameter, entries, catalog, _bases),
        SearchParameterType.Composite => Composite.Index(element, parameter, entries, catalog, _bases),
        SearchParameterType.Special => false,
    };

    private void TakePatient(Element element, IndexEntries entries)
    {
        if (ReferenceText.TextOf(element) is { } text && ReferenceText.Local(text, _bases) is { Type: "Patient" } patient) entries.Patients.Add(patient);
    }
}
