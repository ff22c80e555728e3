using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.Packages;

/// <summary>
/// The conformance resources that are loaded (StructureDefinition, ValueSet, CodeSystem, ConceptMap, ...), found by their canonical —
/// https://hl7.org/fhir/R4/references.html#canonical. It never changes: <see cref="With(IEnumerable{Element})"/> lays more on top of it.
/// A resource is parsed when it is first asked for.
/// </summary>
public sealed class Conformance
{
    private readonly Conformance? _below;
    private readonly Lazy<Dictionary<(string Type, string Url), List<Definition>>> _byUrl;

    private Conformance(Conformance? below, Func<IEnumerable<Definition>> definitions) =>
        (_below, _byUrl) = (below, new(() => ByUrl(definitions())));

    /// <summary>What HL7 published with R4 (4.0.1). Its file is unpacked at the first question.</summary>
    public static Conformance R4 { get; } = new(null, R4File.Read);

    /// <summary>The same with these on top: one of them hides what lies below under the same url and version.</summary>
    public Conformance With(IEnumerable<Element> resources)
    {
        Definition[] definitions = [.. resources.Where(r => r["url"].Text is not null).Select(Definition.Of)];
        return With(definitions);
    }

    internal Conformance With(IReadOnlyList<Definition> definitions) => new(this, () => definitions);

    /// <summary>
    /// The resource of that type and canonical, <c>url</c> or <c>url|version</c>, or null when it is not loaded. Without a version it is
    /// the newest of the topmost layer that has the url; a shorter version stands for the newest of its kind (<c>4.0</c> for 4.0.1).
    /// </summary>
    public Element? Find(string type, string canonical)
    {
        var bar = canonical.LastIndexOf('|');
        return bar < 0 ? Newest(type, canonical, null) : Newest(type, canonical[..bar], canonical[(bar + 1)..]) ?? Newest(type, canonical, null);
    }

    /// <summary>All loaded resources of a type, what is hidden left out.</summary>
    public IEnumerable<Element> All(string type) => Definitions(type).Select(d => d.Resource);

    /// <summary>The urls of all loaded resources of a type, each once; nothing is parsed.</summary>
    public IEnumerable<string> Urls(string type) => Definitions(type).Select(d => d.Url).Distinct(StringComparer.Ordinal);

    internal bool Has(string type, string url, string version) =>
        (_byUrl.Value.TryGetValue((type, url), out var own) && own.Exists(d => d.Version == version)) || _below?.Has(type, url, version) == true;

    internal IEnumerable<Definition> Definitions(string type) => _byUrl.Value.Where(e => e.Key.Type == type).SelectMany(e => e.Value)
        .Concat(_below?.Definitions(type).Where(d => !Hides(d)) ?? []);

    private bool Hides(Definition below) => _byUrl.Value.TryGetValue((below.Type, below.Url), out var own) && own.Exists(o => o.Version == below.Version);

    private Element? Newest(string type, string url, string? version) =>
        _byUrl.Value.TryGetValue((type, url), out var versions) && Pick(versions, version) is { } found ? found.Resource : _below?.Newest(type, url, version);

    private static Definition? Pick(List<Definition> versions, string? asked) => asked is null
        ? versions.MaxBy(d => d.Version, BusinessVersion.Order)
        : versions.Find(d => d.Version == asked) ?? versions.Where(d => BusinessVersion.Matches(d.Version, asked)).MaxBy(d => d.Version, BusinessVersion.Order);

    private static Dictionary<(string Type, string Url), List<Definition>> ByUrl(IEnumerable<Definition> definitions)
    {
        var byUrl = new Dictionary<(string Type, string Url), List<Definition>>();
        foreach (var definition in definitions)
        {
            var key = (definition.Type, definition.Url);
            if (!byUrl.TryGetValue(key, out var versions)) byUrl.Add(key, versions = []);
            versions.Add(definition);
        }
        return byUrl;
    }
}
