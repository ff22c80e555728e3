using System.Collections.Concurrent;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Packages;

namespace Fhir.Server.Core.Terminology.Systems;

/// <summary>Finds code systems, those of <see cref="Conformance"/> and those known by rule, and keeps what it has read.</summary>
public sealed class CodeSystems(Conformance conformance)
{
    private readonly ConcurrentDictionary<(string Url, string? Version), CodeContent> _read = new();
    private readonly Lazy<ILookup<string, string>> _byValueSet = new(() => conformance.All("CodeSystem")
        .Where(c => c["valueSet"].Exists).ToLookup(c => c["valueSet"].Text!, c => c["url"].Text!, StringComparer.Ordinal));

    /// <summary>The code system, in that version if one is named (<c>1.x</c> stands for any 1), otherwise the newest; null when its content is not known here.</summary>
    public CodeContent? Find(string url, string? version = null)
    {
        if (_read.TryGetValue((url, version), out var known)) return known;
        // Kept under the version that it is: patterns come from outside, and have no end.
        if (version is not null && Source(url, version)?["version"].Text is { } found && found != version) return Find(url, found);
        return Read(url, version, []) is { } read ? _read.GetOrAdd((url, version), read) : null;
    }

    /// <summary>The same with what these supplements add to it.</summary>
    public CodeContent? Find(string url, string? version, IReadOnlyList<Element> supplements)
    {
        Element[] own = [.. supplements.Where(s => s["supplements"].Text?.Split('|')[0] == url)];
        return own.Length == 0 ? Find(url, version) : Read(url, version, own);
    }

    /// <summary>The CodeSystem resource, whatever its content is.</summary>
    public Element? Source(string url, string? version = null)
    {
        if (version is null) return conformance.Find("CodeSystem", url);
        var wanted = VersionPattern.IsPattern(version) ? Versions(url).LastOrDefault(v => VersionPattern.Matches(version, v)) : version;
        // Not "the nearest": codes come and go from one version to the next.
        return wanted is not null && conformance.Find("CodeSystem", $"{url}|{wanted}") is { } found && found["version"].Text == wanted ? found : null;
    }

    /// <summary>The versions that are loaded, oldest first.</summary>
    public IReadOnlyList<string> Versions(string url) =>
        [.. conformance.Definitions("CodeSystem").Where(d => d.Url == url).Select(d => d.Version).OfType<string>().Distinct().Order(BusinessVersion.Order)];

    /// <summary>The code system whose <c>CodeSystem.valueSet</c> is this canonical, or null.</summary>
    public string? OfImplicitValueSet(string canonical) => _byValueSet.Value[canonical].FirstOrDefault();

    private CodeContent? Read(string url, string? version, IReadOnlyList<Element> supplements)
    {
        var source = Source(url, version);
        var isTold = source is not null && source["content"].Text is not ("not-present" or "supplement");
        return isTold ? new TableContent(source!, supplements) : version is null ? RuledContent.Of(url) : null;
    }
}
