using System.Collections.Concurrent;

namespace Fhir.Server.Core.Definitions;

/// <summary>What FHIR R4 (4.0.1) says a resource is: types, search parameters, required codes, compartments. Read lazily from the embedded <c>r4.ndjson</c>.</summary>
public sealed class DefinitionSet
{
    private static readonly Lazy<DefinitionSet> Embedded = new(() => new DefinitionSet(DefinitionFile.ReadEmbedded()));

    private readonly Dictionary<string, TypeDefinition> _types = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TypeDefinition>.AlternateLookup<ReadOnlySpan<char>> _typesBySpan;
    private readonly ConcurrentDictionary<string, TypeDefinition> _backbones = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Lazy<RequiredCodes>> _codes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Lazy<IReadOnlyList<SearchParameterDefinition>>> _search = new(StringComparer.Ordinal);
    private ConcurrentDictionary<string, IReadOnlyList<SearchParameterDefinition>> _searchWithInherited = new(StringComparer.Ordinal);
    private ILookup<string, SearchParameterDefinition> _custom = Array.Empty<SearchParameterDefinition>().ToLookup(p => p.Base, StringComparer.Ordinal);
    private readonly Dictionary<string, Lazy<IReadOnlyDictionary<string, IReadOnlyList<string>>>> _compartments = new(StringComparer.Ordinal);

    private DefinitionSet(DefinitionFile file)
    {
        _typesBySpan = _types.GetAlternateLookup<ReadOnlySpan<char>>();
        var loader = new TypeLoader(Named, url => _codes.GetValueOrDefault(url)?.Value, _backbones);
        foreach (var line in file.Lines)
        {
            switch (line.Kind)
            {
                case "type": _types.Add(line.Key, loader.TypeOf(line)); break;
                case "search": _search.Add(line.Key, new(() => DefinitionFile.SearchParameters(line))); break;
                case "valueSet": _codes.Add(line.Key, new(() => DefinitionFile.Codes(line))); break;
                case "compartment": _compartments.Add(line.Key, new(() => DefinitionFile.Compartment(line))); break;
            }
        }
        ResourceTypes = [.. _types.Values.Where(t => t is { Kind: TypeKind.Resource, IsAbstract: false }).Select(t => t.Name).Order(StringComparer.Ordinal)];
    }

    /// <summary>FHIR R4 as published by HL7.</summary>
    public static DefinitionSet R4 => Embedded.Value;

    /// <summary>The 146 concrete resource types in ordinal order; the order never changes, since stores number types by it.</summary>
    public IReadOnlyList<string> ResourceTypes { get; }

    /// <summary>True for a concrete resource type, case-sensitive.</summary>
    public bool IsResource(string name) => Resource(name) is not null;

    /// <summary>The concrete resource type of that name, or null.</summary>
    public TypeDefinition? Resource(ReadOnlySpan<char> name) =>
        _typesBySpan.TryGetValue(name, out var type) && type is { Kind: TypeKind.Resource, IsAbstract: false } ? type : null;

    /// <summary>The type of that name, abstract ones and backbones (<c>Patient.contact</c>) included, or null.</summary>
    public TypeDefinition? Type(string name) => _types.TryGetValue(name, out var type) ? type : Backbone(name);

    /// <summary>True when the type is the ancestor or specialises it, by any number of steps.</summary>
    public bool IsA(TypeDefinition type, string ancestor)
    {
        for (TypeDefinition? t = type; t is not null; t = t.Parent is null ? null : Type(t.Parent))
            if (t.Name == ancestor) return true;
        return false;
    }

    /// <summary>All search parameters of a resource type, those of Resource and DomainResource included, in order of code.</summary>
    public IReadOnlyList<SearchParameterDefinition> SearchParameters(string resourceType) =>
        _searchWithInherited.GetOrAdd(resourceType, WithInherited);

    /// <summary>The search parameters of a deployer's own.</summary>
    public IEnumerable<SearchParameterDefinition> Custom => _custom.SelectMany(type => type);

    /// <summary>The same definitions with search parameters of a deployer's own, in place of those it had.</summary>
    public DefinitionSet With(IEnumerable<SearchParameterDefinition> custom)
    {
        var other = (DefinitionSet)MemberwiseClone();
        other._searchWithInherited = new(StringComparer.Ordinal);
        other._custom = custom.ToLookup(p => p.Base, StringComparer.Ordinal);
        return other;
    }

    /// <summary>The types whose words are searched: <c>_text</c> and <c>_content</c>.</summary>
    public IReadOnlySet<string> WordsOf { get; private set; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>The same definitions where the words of these types are searched.</summary>
    public DefinitionSet WithWordsOf(IEnumerable<string> types)
    {
        var other = With(Custom);
        other.WordsOf = types.ToHashSet(StringComparer.Ordinal);
        return other;
    }

    /// <summary>The search parameter of that code on that type, or null.</summary>
    public SearchParameterDefinition? SearchParameter(string resourceType, string code) =>
        SearchParameters(resourceType).FirstOrDefault(p => p.Code == code);

    /// <summary>The codes of a value set by its canonical (without version), or null when no required binding uses it.</summary>
    public RequiredCodes? RequiredCodes(string valueSetUrl) => _codes.GetValueOrDefault(valueSetUrl)?.Value;

    /// <summary>The codes of the reference parameters that put a resource of this type into a patient's compartment; empty = never in one.</summary>
    public IReadOnlyList<string> PatientCompartment(string resourceType) => Compartment("Patient", resourceType);

    /// <summary>Likewise for the compartment of a Patient, Encounter, Device, Practitioner or RelatedPerson.</summary>
    public IReadOnlyList<string> Compartment(string compartment, string resourceType) =>
        _compartments.TryGetValue(compartment, out var types) && types.Value.TryGetValue(resourceType, out var codes) ? codes : [];

    private TypeDefinition? Backbone(string name)
    {
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0 || !_types.TryGetValue(name[..dot], out var root)) return null;
        _ = root.Elements;
        return _backbones.GetValueOrDefault(name);
    }

    // Only for names that stand in the definitions themselves: these are never missing.
    private TypeDefinition Named(string name) => _types[name];

    private IReadOnlyList<SearchParameterDefinition> WithInherited(string resourceType)
    {
        var all = new List<SearchParameterDefinition>();
        for (var type = Type(resourceType); type is not null; type = type.Parent is null ? null : Type(type.Parent))
            if (_search.TryGetValue(type.Name, out var own)) all.AddRange(own.Value);
        return [.. all.Concat(_custom[resourceType]).OrderBy(p => p.Code, StringComparer.Ordinal)];
    }
}
