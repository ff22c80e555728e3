using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.Packages;

/// <summary>
/// The conformance resources that are loaded (StructureDefinition, ValueSet, CodeSystem, ConceptMap, ...), found by their canonical —
/// https://hl7.org/fhir/R4/references.html#canonical. It never changes: <see cref="With"/> lays more on top of it.
/// </summary>
public sealed class Conformance
{
    private readonly Conformance? _below;
    private readonly Dictionary<(string Type, string Url), List<Element>> _byUrl = [];

    private Conformance(Conformance? below, IEnumerable<Element> resources)
    {
        _below = below;
        foreach (var resource in resources)
        {
            if (resource["url"].Text is not { } url) continue;
            if (!_byUrl.TryGetValue((resource.Type, url), out var versions)) _byUrl.Add((resource.Type, url), versions = []);
            versions.Add(resource);
        }
    }

    /// <summary>What HL7 published with R4 (4.0.1).</summary>
    public static Conformance R4 { get; } = new(null, []);

    /// <summary>The same with these on top: one of them hides what lies below under the same url and version.</summary>
    public Conformance With(IEnumerable<Element> resources) => new(this, resources);

    /// <summary>The resource of that type and canonical, <c>url</c> or <c>url|version</c>; without a version the newest of the topmost layer that has the url. Null when it is not loaded.</summary>
    public Element? Find(string type, string canonical)
    {
        var bar = canonical.IndexOf('|', StringComparison.Ordinal);
        var (url, version) = bar < 0 ? (canonical, null) : (canonical[..bar], canonical[(bar + 1)..]);
        return _byUrl.TryGetValue((type, url), out var versions) && Pick(versions, version) is { } found ? found : _below?.Find(type, canonical);
    }

    /// <summary>All loaded resources of a type, what is hidden left out.</summary>
    public IEnumerable<Element> All(string type) => _byUrl.Where(e => e.Key.Type == type).SelectMany(e => e.Value)
        .Concat(_below?.All(type).Where(r => !_byUrl.TryGetValue((type, r["url"].Text!), out var own) || own.All(o => o["version"].Text != r["version"].Text)) ?? []);

    private static Element? Pick(List<Element> versions, string? version) =>
        version is null ? versions.MaxBy(r => r["version"].Text, StringComparer.Ordinal) : versions.Find(r => r["version"].Text == version);
}
