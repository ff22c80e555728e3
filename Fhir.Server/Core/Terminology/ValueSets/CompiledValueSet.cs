using System.Collections.Frozen;
using Fhir.Server.Core.Terminology.Systems;

namespace Fhir.Server.Core.Terminology.ValueSets;

/// <summary>A value set made fast: the codes that are in it, by system, lie ready; only for the rest is its definition asked.</summary>
public sealed class CompiledValueSet
{
    private const int MostKept = 200_000;
    private readonly FrozenDictionary<string, (string? Version, FrozenSet<string> Codes)> _ready;
    private readonly FrozenSet<string> _ofAnySystem;

    internal CompiledValueSet(ValueSetContent content)
    {
        Content = content;
        _ready = Ready(content);
        _ofAnySystem = _ready.Values.SelectMany(r => r.Codes).ToFrozenSet(StringComparer.Ordinal);
    }

    public ValueSetContent Content { get; }

    public Membership Contains(string? system, string? version, string code)
    {
        if (system is null && _ofAnySystem.Contains(code)) return Membership.In;
        if (system is not null && _ready.TryGetValue(system, out var known) && (version is null || version == known.Version) && known.Codes.Contains(code)) return Membership.In;
        return Content.Has(system, version, code);
    }

    private static FrozenDictionary<string, (string? Version, FrozenSet<string> Codes)> Ready(ValueSetContent content)
    {
        var candidates = new Dictionary<string, (CodeContent? Content, HashSet<string> Codes)>(StringComparer.Ordinal);
        Gather(content, candidates);
        return candidates.Where(c => c.Value.Codes.Count > 0).ToFrozenDictionary(
            c => c.Key,
            c => (c.Value.Content?.Version, c.Value.Codes.Where(code => content.Has(c.Key, null, code) == Membership.In).ToFrozenSet(c.Value.Codes.Comparer)),
            StringComparer.Ordinal);
    }

    private static void Gather(ValueSetContent content, Dictionary<string, (CodeContent? Content, HashSet<string> Codes)> into)
    {
        foreach (var include in content.Includes)
        {
            foreach (var other in include.ValueSets) Gather(other, into);
            if (include.System is not { } system) continue;
            if (!into.TryGetValue(system, out var candidates))
                into.Add(system, candidates = (include.Content, new(include.Content?.Comparer ?? StringComparer.Ordinal)));
            if (candidates.Codes.Count > MostKept) continue;
            if (include.Listed is { } listed) candidates.Codes.UnionWith(listed.Keys);
            else if (include.Content?.All is { } all) candidates.Codes.UnionWith(all.Select(c => c.Code));
        }
    }
}
