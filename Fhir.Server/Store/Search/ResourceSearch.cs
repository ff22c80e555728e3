using System.Data.Common;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Search.Types;

namespace Fhir.Server.Store.Search;

/// <summary>Finds resources: a parsed query, compiled with the caller's view into SQL — https://hl7.org/fhir/R4/search.html</summary>
public sealed class ResourceSearch
{
    private readonly TenantDatabase _database;
    private readonly ParameterNumbers _numbers;
    private readonly ServerBases _bases;
    private readonly Seal _seal;
    private readonly TimeProvider _clock;
    private readonly Rids _rids = new();
    private readonly IndexProgress _words = new();

    public ResourceSearch(TenantDatabase database, ParameterNumbers numbers, ServerBases bases, Seal seal, TimeProvider clock) =>
        (_database, _numbers, _bases, _seal, _clock) = (database, numbers, bases, seal, clock);

    /// <summary>What can be searched by now: FHIR's definitions with the deployer's own parameters.</summary>
    public DefinitionSet Definitions => _numbers.Definitions;

    /// <summary>One page of what the caller may see of the matches, with what they include.</summary>
    public async Task<Result<SearchPage>> SearchAsync(SearchQuery query, AccessContext sees, CancellationToken stop)
    {
        PageToken? after = null;
        if (query.Page is not null && (after = PageToken.Open(query.Page, _seal, query, sees)) is null)
            return new Issue(IssueKind.Invalid, "This link to a next page is not valid here. Search again.", "_page");
        var lookup = LookupNow();
        var sql = new SearchSql(query, sees, lookup);
        await using var session = await _database.ReadAsync(snapshot: query.TakesSeveralLooks, stop);
        session.ShareTime();
        if (await _words.NotYetAsync(query, lookup.Catalog, _numbers, session, stop) is { } notYet) return notYet;
        if (await sql.TooCostlyAsync(session, stop) is { } tooCostly) return tooCostly;
        var page = query.CountOnly ? await CountedAsync(session, sql, stop) : await PageAsync(session, sql, query, sees, after, stop);
        var named = await NamedByCriteria.RidsAsync(query, page.Total > 0 || page.Matches.Count > 0, session, lookup, _rids, stop);
        return named.Count == 0 ? page : page with { Concerned = [.. page.Concerned, .. named] };
    }

    // A number tells of those whom it counts; the log names as many as a page would.
    private static async ValueTask<SearchPage> CountedAsync(Session session, SearchSql sql, CancellationToken stop)
    {
        var total = await CountAsync(session, sql, long.MaxValue, stop);
        return new([], []) { Total = total, Concerned = total == 0 ? [] : await SomeAsync(session, sql, stop) };
    }

    private static async ValueTask<IReadOnlyList<long>> SomeAsync(Session session, SearchSql sql, CancellationToken stop) =>
        sql.Scope.Type is { } type && !AccessTable.CanBeAboutPatients(type) ? [] : await session.QueryAsync(sql.Rids(SearchQuery.DefaultCount), row => row.GetInt64(0), stop);

    /// <summary>Whom the criteria of a conditional write or reference are about, for the log: whom they name and, when nothing was written, whom they found.</summary>
    public async ValueTask<IReadOnlyList<long>> ConcernsAsync(SearchQuery criteria, AccessContext sees, bool inVain, CancellationToken stop)
    {
        await using var session = await _database.ReadAsync(snapshot: false, stop);
        var named = await NamedByCriteria.RidsAsync(criteria, someMatch: false, session, LookupNow(), _rids, stop);
        if (!inVain || (await MatchAsync(session, criteria, sees, SearchQuery.DefaultCount, stop)).Failed(out _, out var found) || !AccessTable.CanBeAboutPatients(criteria.Type!)) return named;
        return [.. named.Union(found)];
    }

    /// <summary>What conditional interactions say when their criteria do not name one resource.</summary>
    public static readonly Issue MoreThanOne = new(IssueKind.Stale, "More than one resource meets the criteria.") { Code = "multiple-matches" };

    /// <summary>The rids that criteria match in the caller's view, at most <paramref name="limit"/>: for conditional writes, inside the commit.</summary>
    public async ValueTask<Result<List<long>>> MatchAsync(Session session, SearchQuery criteria, AccessContext sees, int limit, CancellationToken stop)
    {
        if (!criteria.HasCriteria) return new Issue(IssueKind.Invalid, "The criteria would match everything.");
        if (criteria.Type is null || !sees.Allows(criteria.Type, Permission.Search)) return new Issue(IssueKind.Forbidden, "Conditional requests need the right to search the type.");
        if (criteria.Containing.Inside) return new Issue(IssueKind.Unsupported, "What is contained cannot be written or referred to by itself.", "_contained");
        var lookup = LookupNow();
        if (await _words.NotYetAsync(criteria, lookup.Catalog, _numbers, session, stop) is { } notYet) return notYet;
        var sql = new SearchSql(criteria, sees, lookup);
        if (await sql.TooCostlyAsync(session, stop) is { } tooCostly) return tooCostly;
        await sql.ChooseStartAsync(session, sort: null, stop);
        return await session.QueryAsync(sql.Rids(limit), row => row.GetInt64(0), stop);
    }

    /// <summary>Null when all is indexed that these ask of: for who runs their SQL by himself.</summary>
    public async ValueTask<Issue?> NotYetAsync(IEnumerable<SearchQuery> queries, CancellationToken stop)
    {
        await using var session = await _database.ReadAsync(snapshot: false, stop);
        foreach (var query in queries)
            if (await _words.NotYetAsync(query, _numbers.Catalog, _numbers, session, stop) is { } notYet) return notYet;
        return null;
    }

    /// <summary>All that the caller finds, without pages, as a select of (rid, typ, ver, live) with one more condition on the row <c>r</c>.</summary>
    public Sql Versions(SearchQuery query, AccessContext sees, Sql also) => new SearchSql(query, sees, LookupNow()).Versions(also);

    private async ValueTask<SearchPage> PageAsync(Session session, SearchSql sql, SearchQuery query, AccessContext sees, PageToken? after, CancellationToken stop)
    {
        await sql.ChooseStartAsync(session, query.Sort, stop);
        var byRid = after?.ByRid ?? sql.ComesByRid;
        var order = SortOrder.Of(query.Sort, sql.Scopes, byRid);
        var rows = await RowsAsync(session, sql, order, after, query.Count + 1, stop);
        if (sql.IsTrial && rows.Count <= query.Count)
        {
            await sql.ChooseAgainAsync(session, stop);
            rows = await RowsAsync(session, sql, order, after, query.Count + 1, stop);
        }
        var (matches, included, cut) = await WithIncludesAsync(session, sql, query, [.. rows.Take(query.Count).Select(r => r.Version)], stop);
        var more = rows.Count > matches.Count;
        var whole = after is null && !more;
        return new SearchPage(Reduced(matches, sees), Reduced(included, sees))
        {
            Total = query.TellsContained ? null : whole ? matches.Count : query.Accurate || query.Estimated ? await CountAsync(session, sql, query.Estimated ? SearchQuery.MostEstimated : long.MaxValue, stop) : null,
            Concerned = !whole && (query.Accurate || query.Estimated) ? await SomeAsync(session, sql, stop) : [],   // it counts those beyond the page
            Next = more ? new PageToken(after?.Ceiling ?? rows[0].Ceiling, byRid, rows[matches.Count - 1].Keys).Close(_seal, query, sees) : null,
            IncludesCut = cut,
            Inside = query.TellsContained ? await InsideAsync(session, sql, matches, stop) : null,
        };
    }

    private static async ValueTask<Dictionary<long, IReadOnlyList<string>>> InsideAsync(Session session, SearchSql sql, List<ResourceVersion> matches, CancellationToken stop)
    {
        if (matches.Count == 0) return [];
        var found = await session.QueryAsync(sql.Inside([.. matches.Select(m => m.Rid)]), r => (Owner: r.GetInt64(0), Fid: r.IsDBNull(1) ? "" : r.GetString(1)), stop);
        return found.GroupBy(f => f.Owner).ToDictionary(g => g.Key, g => (IReadOnlyList<string>)[.. g.Select(f => f.Fid).Order(StringComparer.Ordinal)]);
    }

    // A page that would include too much ends earlier: what it leaves comes behind the next link, with its own includes.
    private static async ValueTask<(List<ResourceVersion> Matches, IReadOnlyList<ResourceVersion> Included, bool Cut)> WithIncludesAsync(
        Session session, SearchSql sql, SearchQuery query, List<ResourceVersion> matches, CancellationToken stop)
    {
        while (true)
        {
            var (included, cut) = await new IncludeFinder(session, sql.Scope, query.Limits).FindAsync(query.Includes, matches, stop);
            if (!cut || matches.Count == 1) return (matches, included, cut);
            matches = matches[..(matches.Count / 2)];
        }
    }

    private static async ValueTask<List<Found>> RowsAsync(Session session, SearchSql sql, SortOrder order, PageToken? after, int limit, CancellationToken stop)
    {
        ValueTask<List<Found>> Read(Sql page) => session.QueryAsync(page, row => Map(row, order.Terms.Count), stop);
        if (sql.HasStart || order.Index is null) return await Read(sql.Page(order, after, limit));
        var inRest = after is { Last: [null, ..] };
        var rows = inRest ? [] : await Read(sql.Walk(order, after, limit));
        if (rows.Count < limit) rows.AddRange(await Read(sql.Rest(order, after, inRest, limit - rows.Count)));
        return rows;
    }

    private static async ValueTask<long> CountAsync(Session session, SearchSql sql, long most, CancellationToken stop)
    {
        await sql.ChooseStartAsync(session, sort: null, stop);
        return await session.FirstAsync(most == long.MaxValue ? sql.Count() : sql.CountUpTo(most), r => r.GetInt64(0), stop);
    }

    private List<ResourceVersion> Reduced(IEnumerable<ResourceVersion> versions, AccessContext sees) =>
        [.. versions.Select(v => Reduction.Of(v, sees, _numbers.R4))];

    private Lookup LookupNow() => new(_numbers.Catalog, _bases, Micros.Of(_clock.GetUtcNow()));

    private static Found Map(DbDataReader row, int keys) =>
        new(Version(row), [.. Enumerable.Range(9, keys).Select(i => row.IsDBNull(i) ? null : row.GetValue(i))], row.GetInt64(8));

    /// <summary>A match with the values that it is sorted by, and the last commit that this look at the database saw.</summary>
    private sealed record Found(ResourceVersion Version, object?[] Keys, long Ceiling);

    internal static ResourceVersion Version(DbDataReader row) => new(
        new(AccessTable.Name(row.GetInt32(1)), row.GetString(2)), row.GetInt32(3), Micros.At(row.GetInt64(5)),
        (WriteMethod)row.GetInt32(6), (byte[])row.GetValue(7)) { Rid = row.GetInt64(0), T = row.GetInt64(4) };
}
