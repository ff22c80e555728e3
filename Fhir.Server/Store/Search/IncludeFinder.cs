using Fhir.Server.Core.Definitions;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Search.Criteria;

namespace Fhir.Server.Store.Search;

/// <summary>What the matches of a page refer to, and what refers to them — https://hl7.org/fhir/R4/search.html#include. Each resource once, and only what the caller may see.</summary>
internal sealed class IncludeFinder(Session session, Scope scope, SearchLimits limits)
{
    private readonly Dictionary<long, ResourceVersion> _found = [];
    private HashSet<long> _matches = [];

    /// <summary>Cut = there was more than a page may hold.</summary>
    public async ValueTask<(IReadOnlyList<ResourceVersion> Included, bool Cut)> FindAsync(IReadOnlyList<IncludeRule> rules, IReadOnlyList<ResourceVersion> matches, CancellationToken stop)
    {
        _matches = [.. matches.Select(m => m.Rid)];
        IReadOnlyList<ResourceVersion> from = matches;
        for (var round = 0; from.Count > 0 && rules.Count > 0 && round < limits.IncludeRounds; round++)
        {
            var next = new List<ResourceVersion>();
            foreach (var rule in rules) next.AddRange(await FindAsync(rule, from, stop));
            if (_found.Count > limits.Includes) return ([.. _found.Values.Take(limits.Includes)], true);
            rules = [.. rules.Where(r => r.Iterate)];
            from = next;
        }
        return ([.. _found.Values], from.Count > 0 && rules.Count > 0);   // there may be more to follow
    }

    private async ValueTask<List<ResourceVersion>> FindAsync(IncludeRule rule, IReadOnlyList<ResourceVersion> from, CancellationToken stop)
    {
        var next = new List<ResourceVersion>();
        if (Statement(rule, from) is not { } sql) return next;
        foreach (var version in await session.QueryAsync(sql, ResourceSearch.Version, stop))
            if (!_matches.Contains(version.Rid) && _found.TryAdd(version.Rid, version)) next.Add(version);
        return next;
    }

    private Sql? Statement(IncludeRule rule, IReadOnlyList<ResourceVersion> from)
    {
        var links = from.Where(v => rule.Reverse ? rule.Target is null || v.Key.Type == rule.Target : rule.Source is null || v.Key.Type == rule.Source)
            .GroupBy(v => v.Key.Type, StringComparer.Ordinal)
            .Select(group => Link(rule, group.Key, [.. group.Select(v => v.Rid)]))
            .OfType<Sql>()
            .ToList();
        if (links.Count == 0) return null;
        var already = _matches.Count + _found.Count;
        return Sql.Of(
            $"""
            select q.rid, q.typ, q.fid, q.ver, q.t, q.at, q.method, body.bytes from
            (select x.rid, x.typ, x.fid, x.ver, x.t, x.at, x.method, x.b from ({Sql.Join(" union ", links)}) u cross join res x where x.rid = u.rid and {Seen(rule)} limit {already + limits.Includes + 1}) q
            join body on body.b = q.b order by q.rid
            """);
    }

    // The rids that the rule leads to from resources of one type.
    private Sql? Link(IncludeRule rule, string type, List<long> rids)
    {
        IEnumerable<string> sources = !rule.Reverse ? [type] : rule.Source is { } source ? [source] : AccessTable.Types;
        var parameters = sources.SelectMany(one => Parameters(one, rule, rule.Reverse ? type : rule.Target)).ToList();
        if (parameters.Count == 0) return null;
        var link = Sql.In("l.p", [.. parameters.Select(p => (long)p.Numbers[0]).Distinct()]);
        return rule.Reverse
            ? Sql.Of($"select l.rid as rid from ix_ref l where {Sql.In("l.t", rids)} and {link}")
            : Sql.Of($"select l.t as rid from ix_ref l join res t on t.rid = l.t where {Sql.In("l.rid", rids)} and {link} and {OfType(parameters, rule.Target)}");
    }

    private IEnumerable<SearchParameter> Parameters(string source, IncludeRule rule, string? target) => scope.Lookup.Catalog.Of(source).Values
        .Where(p => p.Type == SearchParameterType.Reference && p.Path is not null && (rule.Code is null ? p.KeepsRows && p.Definition.Custom is null : p.Code == rule.Code))
        .Where(p => scope.Sees.MaySearchBy(source, p.Code) && LeadsTo(p, target));

    private static bool LeadsTo(SearchParameter parameter, string? type) =>
        type is null || parameter.Targets.Count == 0 || parameter.Targets.Contains(type, StringComparer.Ordinal);

    // patient shares its rows with subject: what it leads to is told by its targets.
    private static Sql OfType(List<SearchParameter> parameters, string? target) =>
        target is not null ? Sql.Of($"t.typ = {AccessTable.Number(target)}")
        : parameters is [{ KeepsRows: false } shared] ? Sql.In("t.typ", [.. shared.Targets.Select(t => (long)AccessTable.Number(t))])
        : Sql.True;

    private Sql Seen(IncludeRule rule) => (scope with { Alias = "x", Type = rule.Reverse ? rule.Source : rule.Target }).Included;
}
