using System.Collections.Concurrent;
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
        return Read(url, version) is { } read ? _read.GetOrAdd((url, version), read) : null;
    }

    /// <summary>The versions that are loaded, oldest first.</summary>
    public IReadOnlyList<string> Versions(string url) =>
        [.. conformance.All("CodeSystem").Where(c => c["url"].Text == url).Select(c => c["version"].Text).OfType<string>().Distinct().Order(VersionOrder.Instance)];

    /// <summary>The code system whose <c>CodeSystem.valueSet</c> is this canonical, or null.</summary>
    public string? OfImplicitValueSet(string canonical) => _byValueSet.Value[canonical].FirstOrDefault();

    private CodeContent? Read(string url, string? version)
    {
        var source = version is not null && VersionOrder.IsPattern(version)
            ? Versions(url).LastOrDefault(v => VersionOrder.Matches(version, v)) is { } best ? conformance.Find("CodeSystem", $"{url}|{best}") : null
            : conformance.Find("CodeSystem", version is null ? url : $"{url}|{version}");
        var isTold = source is not null && source["content"].Text is not ("not-present" or "supplement");
        return isTold ? new TableContent(source!) : version is null ? RuledContent.Of(url) : null;
    }
}
