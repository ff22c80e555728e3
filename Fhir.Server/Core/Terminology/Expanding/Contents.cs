// https://hl7.org/fhir/R4/valueset.html#expansion
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Terminology.Systems;
using Fhir.Server.Core.Terminology.ValueSets;

namespace Fhir.Server.Core.Terminology.Expanding;

/// <summary>Lists the codes of a value set, each once, in the order of its definition.</summary>
internal sealed class Contents(ValueSetContent valueSet, VersionRules rules, VersionTexts texts)
{
    // Codes looked at, times the includes that each has to pass.
    private const long MostVisited = 10_000_000;
    private readonly Dictionary<(string? System, string? Version, string Code), Entry> _found = [];
    private readonly List<Entry> _entries = [];
    private readonly long _excluding = valueSet.Excludes.Sum(x => x.Size);
    private long _visited;

    /// <summary>True where several versions of one code system take part: then each code is told with its version.</summary>
    public bool ShowsVersions { get; } = Parts(valueSet).Where(i => i.System is not null && (i.Asked ?? i.Content?.Version) is not null)
        .GroupBy(i => i.System).Any(g => g.Select(i => i.Asked ?? i.Content!.Version).Distinct().Count() > 1);

    public Result<List<Entry>> List()
    {
        if (Add(valueSet.Includes, _ => true, 0) is { } issue) return issue;
        if (valueSet.Excludes.Select(Unusable).FirstOrDefault(i => i is not null) is { } wrong) return wrong;
        return _entries.FindAll(e => !valueSet.Excludes.Any(x => x.Has(e.System, ShowsVersions ? e.Version : null, e.Code) == Membership.In) && !(valueSet.LeavesInactiveOut && e.IsInactive));
    }

    // Also = what includes further up ask of a code too, at that cost.
    private Issue? Add(IReadOnlyList<Include> includes, Func<Entry, bool> also, long cost)
    {
        foreach (var include in includes)
        {
            if (Unusable(include) is { } issue) return issue;
            var within = include.ValueSets;
            if (include.System is null)
            {
                // Codes of the first value set that all others have too.
                if (within.Count == 0) continue;
                var (first, rest) = (within[0], within.Skip(1).ToArray());
                if (Add(first.Includes, e => also(e) && first.Has(e.System, e.Version, e.Code) == Membership.In && rest.All(v => v.Has(e.System, e.Version, e.Code) == Membership.In), cost + include.Size) is { } nested) return nested;
            }
            else if (Own(include, also, cost) is { } own) return own;
        }
        return null;
    }

    private Issue? Own(Include include, Func<Entry, bool> also, long cost)
    {
        if (Candidates(include) is not { } candidates) return TooCostly($"The code system {include.System} has no end, or cannot be listed here.");
        foreach (var entry in candidates)
        {
            if ((_visited += include.Size + _excluding + cost) > MostVisited) return TooCostly("The value set is too large to be listed.");
            if (include.Has(entry.System, null, entry.Code) != Membership.In || !also(entry)) continue;
            if (_found.TryAdd((entry.System, ShowsVersions ? entry.Version : null, entry.Code), entry)) _entries.Add(entry);
        }
        return null;
    }

    private static IEnumerable<Entry>? Candidates(Include include)
    {
        var content = include.Content;
        if (include.Listed is null) return content?.All?.Select(c => new Entry(include, content, c, c.Code, null));
        var listed = include.Source.Name == "expansion" ? include.Listed.Values : include.Source.Each("concept");
        return listed.Where(c => c["code"].Text is not null).Select(c => new Entry(include, content, content?.Find(c["code"].Text!), content?.Find(c["code"].Text!)?.Code ?? c["code"].Text!, c));
    }

    private Issue? Unusable(Include include)
    {
        if (include.Missing.Count > 0) return ValueSetCompiler.NotFound(include.Missing[0]);
        if (include.System is not { } system) return null;
        if (include.Content is null && (include.Listed is null || include.Version is not null && texts.IsLoaded(system)))
            return new(IssueKind.NotFound, texts.Unknown(system, include.Version, "value set cannot be expanded")) { Code = "not-found", Rule = "not-found" };
        return include.Content?.Version is { } version ? texts.Refused(system, version, rules) : null;
    }

    internal static Issue TooCostly(string why) => new(IssueKind.Unfit, why) { Code = "too-costly", Rule = "too-costly" };

    /// <summary>Every include and exclude, those of imported value sets included.</summary>
    public static IEnumerable<Include> Parts(ValueSetContent valueSet) =>
        valueSet.Includes.Concat(valueSet.Excludes).SelectMany(i => i.ValueSets.SelectMany(Parts).Prepend(i));
}
