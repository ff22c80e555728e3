using Fhir.Server.Core.Outcomes;
using System.Globalization;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Search.Criteria;
using Fhir.Server.Store.Search.Types;

namespace Fhir.Server.Store.Search;

/// <summary>One search as SQL: the rows that match in the caller's view, under the alias <c>r</c>.</summary>
internal sealed class SearchSql
{
    private const long Few = 2000, VeryFew = 50, Glance = 500, Trial = 1000, Many = 10_000;
    private const string Version = "r.rid, r.typ, r.fid, r.ver, r.t, r.at, r.method, r.b";
    private readonly List<(Scope Scope, IReadOnlyList<Criterion> All)> _branches;
    private readonly int _bound;
    private Start? _start;
    private readonly bool _isContaining;
    private bool _isNarrowed;
    private IReadOnlyList<Way> _ways = [];   // not empty: a page is read on each of them

    /// <summary>What a statement starts from: a select of rids, and the condition that it makes up for.</summary>
    private sealed record Start(Sql Rids, bool IsOrdered, Criterion? Instead);

    public SearchSql(SearchQuery query, AccessContext sees, Lookup lookup)
    {
        _branches = [.. query.Branches.Select(b => (new Scope("r", b.Type, sees, lookup), (IReadOnlyList<Criterion>)b.All))];
        (_bound, _isContaining) = (query.Limits.Scanned, query.Containing.Inside);
    }

    public Scope Scope => _branches[0].Scope;

    /// <summary>One for each type that is searched.</summary>
    public IReadOnlyList<Scope> Scopes => _branches.ConvertAll(branch => branch.Scope);

    /// <summary>True when a start was chosen: all that matches is read and then sorted.</summary>
    public bool HasStart => _start is not null;

    /// <summary>
    /// The rows come by rid, so a page can stop early. Only for who sees all: for others the start depends on how many rows there
    /// are that they do not see, and the order would tell.
    /// </summary>
    public bool ComesByRid { get; private set; }

    /// <summary>Only the first rows of the start are looked at: when they do not fill the page, <see cref="ChooseAgainAsync"/> is next.</summary>
    public bool IsTrial { get; private set; }

    /// <summary>
    /// Chooses what to start from, as far as a quick look tells: the condition with the fewest rows; or what the caller sees at all, which
    /// can be read as it was written so that a page stops early; or nothing, when the page can be read in its own order. <paramref name="sort"/>
    /// null: no order is asked for, and all that matches is wanted.
    /// </summary>
    public async ValueTask ChooseStartAsync(Session session, IReadOnlyList<SortKey>? sort, CancellationToken stop)
    {
        if (_isNarrowed) return;
        (_start, _ways, IsTrial, ComesByRid) = (null, [], false, false);
        if (_branches.Count > 1)
        {
            var each = _branches.ConvertAll(b => b.All.Select(c => c.Rids(b.Scope)).FirstOrDefault(rids => rids is not null));
            _start = _isContaining && each.TrueForAll(rids => rids is not null) ? new(Sql.Join(" union all ", each!), IsOrdered: false, Instead: null) : null;
            return;
        }
        var starts = Starts(sort);
        ComesByRid = sort is [] && Scope.Sees.SeesAll && starts.Exists(s => s.IsOrdered);
        if (starts.Count == 1 && Scope.Sees.SeesAll && (!CanBeRead(sort) || (ComesByRid && _branches[0].All.Count == 1))) _start = starts[0];
        else if (ComesByRid) await GlanceAsync(session, starts, stop);
        else await WeighAsync(session, starts, sort, stop);
    }

    /// <summary>The first rows did not do: the fewest of all it is now, as far as they can be counted.</summary>
    public async ValueTask ChooseAgainAsync(Session session, CancellationToken stop)
    {
        var starts = Starts([]);
        var (best, rows) = await LeastAsync(session, starts, Many, stop);
        (_start, IsTrial) = (rows < Many ? best : starts.Find(s => s.IsOrdered), false);
    }

    /// <summary>What would look at too many rows one by one starts from something else that leaves few, or is refused.</summary>
    public async ValueTask<Issue?> TooCostlyAsync(Session session, CancellationToken stop)
    {
        if (!await ScanBound.IsOverAsync(_branches, _bound, session, stop)) return null;
        var (starts, most) = (_branches.Count > 1 ? [] : Starts(c => !c.Scans(Scope).Any()), Math.Min(Many, _bound));
        if (_branches.Count == 1 && Scope.Type is { } type && Scope.Sees.Ways("r", type, Permission.Search) is { } ways) starts.Add(Seen(ways));
        (_start, var rows) = await LeastAsync(session, starts, most, stop);
        _isNarrowed = true;
        return rows < most ? null : ScanBound.TooMuch;
    }

    private bool CanBeRead(IReadOnlyList<SortKey>? sort) => sort is not null && SortOrder.CanBeRead(sort, Scope);

    private List<Start> Starts(Func<Criterion, bool> which) =>
        [.. _branches[0].All.Where(which).Select(c => c.Rids(Scope) is { } rids ? new Start(rids, c.IsOrdered, c) : null).OfType<Start>()];

    private List<Start> Starts(IReadOnlyList<SortKey>? sort) =>
        sort is [] && Scope.Sees.SeesAll ? [.. Starts(_ => true), .. _branches[0].All.Select(c => c.Around(Scope)).OfType<Sql>().Select(rids => new Start(rids, IsOrdered: true, Instead: null))] : Starts(_ => true);

    private static Start Seen(IReadOnlyList<Way> ways) =>
        new(Sql.Join(" union all ", ways.Select(way => Sql.Of($"select r.rid as rid from res r where {way.Rows}"))), IsOrdered: false, Instead: null);

    private async ValueTask GlanceAsync(Session session, List<Start> starts, CancellationToken stop)
    {
        var (best, rows) = await LeastAsync(session, starts, Glance, stop);
        IsTrial = rows == Glance;
        _start = IsTrial ? starts.Find(s => s.IsOrdered) : best;
    }

    private async ValueTask WeighAsync(Session session, List<Start> starts, IReadOnlyList<SortKey>? sort, CancellationToken stop)
    {
        var (best, rows) = await LeastAsync(session, starts, Few, stop);
        var (canBeRead, asWritten) = (CanBeRead(sort), sort is [] or [{ Code: "_lastUpdated" }]);
        var ways = rows > VeryFew && Scope.Type is { } type ? Scope.Sees.Ways("r", type, Permission.Search) : null;
        _start = canBeRead && rows == Few ? null : best;
        if (ways is null || (asWritten && rows == Few))
        {
            _ways = ways ?? [];
            return;
        }
        var seen = Seen(ways);
        if ((await LeastAsync(session, [seen], rows, stop)).Rows == rows && best is not null) return;   // counted no further than it matters
        if (asWritten) (_start, _ways) = (null, ways);
        else if (!canBeRead || rows < Few) _start = seen;
    }

    private static async ValueTask<(Start? Best, long Rows)> LeastAsync(Session session, IReadOnlyList<Start> starts, long most, CancellationToken stop)
    {
        if (starts.Count == 0) return (null, most);
        var looks = starts.Select(d => Sql.Of($"(select count(*) from (select 1 from ({d.Rids}) x limit {most}) y)"));
        var counts = (await session.FirstAsync(Sql.Of($"select {Sql.Join(", ", looks)}"), r => starts.Select((_, i) => r.GetInt64(i)).ToArray(), stop))!;
        var least = Array.IndexOf(counts, counts.Min());
        return (starts[least], counts[least]);
    }

    /// <summary>What the matches contain that was asked for, as (owner, fid), and those that match by themselves (fid null).</summary>
    public Sql Inside(IReadOnlyList<long> rids) => Sql.Join(" union all ", _branches.SelectMany(b => b.All.OfType<ContainedCriterion>().Select(c => c.Of(rids, b.Scope)))
        .Concat(_branches.Where(b => !b.All.OfType<ContainedCriterion>().Any()).Select(b => Sql.Of($"select r.rid, null from res r where {Sql.In("r.rid", rids)} and {b.Scope.Seen} and {Sql.All(b.All.Select(c => c.Holds(b.Scope)))}"))));

    /// <summary>The number of matches.</summary>
    public Sql Count() => Sql.Of($"select count(*) from {From()} where {Matches(Sql.True)}");

    /// <summary>The number of matches, looked at no further than that many.</summary>
    public Sql CountUpTo(long most) => Sql.Of($"select count(*) from (select 1 from {From()} where {Matches(Sql.True)} limit {most}) c");

    public Sql Rids(int limit) => Sql.Of($"select {Rid} from {From()} where {Matches(Sql.True)} limit {limit}");

    /// <summary>All that matches and fulfils a condition on <c>r</c>, as (rid, typ, ver, live): for a list that is written in one statement.</summary>
    public Sql Versions(Sql also) => Sql.Of($"select r.rid, r.typ, r.ver, r.live from {From()} where {Matches(also)}");

    /// <summary>A page with its bodies: eight columns of the version, the last commit that is seen, then the values of the order.</summary>
    public Sql Page(SortOrder order, PageToken? after, int limit)
    {
        if (_ways.Count > 0) return WithBodies(Sql.Join(" union ", _ways.Select(way => OnTheWay(way, order.Terms, after, limit))), order.Terms, null, limit);
        var values = order.Terms.Select((term, i) => Sql.Of($"{(i == order.Terms.Count - 1 ? Rid : term.Value)} as k{Raw(i)}"));
        var found = Sql.Of($"select {Sql.Raw(Version)}, {Sql.Join(", ", values)} from {From()}{order.Joins} where {Matches(Sql.All([UpTo(after), .. Tried(after)]))}");
        return WithBodies(found, order.Terms, after, limit);
    }

    /// <summary>The same read from the index that has this order; only what has a value.</summary>
    public Sql Walk(SortOrder order, PageToken? after, int limit)
    {
        var walk = order.Index!;
        var (first, second, table) = (Sql.Raw(walk.First), Sql.Raw(walk.Second), Sql.Raw(walk.Table));
        var found = Sql.Of(
            $"""
            select {Sql.Raw(Version)}, s.{first} as k0, s.{second} as k1, s.rid as k2 from {table} s cross join res r
            where s.p = {walk.Number} and {walk.Rows("s")} and r.rid = s.rid and {walk.IsPlace("s")} and {Matches(UpTo(after))}
            """);
        return WithBodies(found, [.. order.Terms.Select(t => t with { MayBeMissing = false })], after, limit);
    }

    /// <summary>What the walk leaves: what has no value.</summary>
    public Sql Rest(SortOrder order, PageToken? after, bool continues, int limit)
    {
        var walk = order.Index!;
        var none = Sql.Of($"not exists (select 1 from {Sql.Raw(walk.Table)} s where s.rid = r.rid and +s.p = {walk.Number} and {walk.Rows("s")})");
        var behind = !continues ? Sql.True : Sql.Of($"r.rid {Sql.Raw(walk.Descending ? "<" : ">")} {(long)after!.Last[^1]!}");
        var found = Sql.Of($"select {Sql.Raw(Version)}, null as k0, null as k1, r.rid as k2 from res r where {Matches(Sql.All([UpTo(after), none, behind]))}");
        return WithBodies(found, order.Terms, null, limit);
    }

    private static Sql UpTo(PageToken? after) => after is null ? Sql.True : Sql.Of($"r.t <= {after.Ceiling}");

    private static Sql WithBodies(Sql found, IReadOnlyList<SortOrder.Term> terms, PageToken? after, int limit)
    {
        var keys = Sql.Join(", ", terms.Select((_, i) => Sql.Of($"q.k{Raw(i)}")));
        var sorted = Sql.Join(", ", terms.Select(Key));
        return Sql.Of(
            $"""
            select q.rid, q.typ, q.fid, q.ver, q.t, q.at, q.method, body.bytes, (select max(t) from commits), {keys} from
            (select * from ({found}) q where {(after is null ? Sql.True : Behind(terms, after.Last))} order by {sorted} limit {limit}) q
            join body on body.b = q.b order by {sorted}
            """);
    }

    // A page of what is seen in one way, in the order it was written: the page of all ways is among these. The plus keeps a way by patient
    // or thread, whose rows are few, from reading all rows in that order.
    private Sql OnTheWay(Way way, IReadOnlyList<SortOrder.Term> terms, PageToken? after, int limit)
    {
        var values = Sql.Join(", ", terms.Select((term, i) => Sql.Of($"{Sql.Raw(way.IsLong ? "" : "+")}{term.Value} as k{Raw(i)}")));
        var found = Sql.Of($"select {Sql.Raw(Version)}, {values} from res r where {way.Rows} and r.live = 1 and {Sql.All(_branches[0].All.Select(c => c.Holds(Scope)).Prepend(UpTo(after)))}");
        return Sql.Of($"select * from (select * from ({found}) q where {(after is null ? Sql.True : Behind(terms, after.Last))} order by {Sql.Join(", ", terms.Select(Key))} limit {limit}) w");
    }

    private IReadOnlyList<Sql> Tried(PageToken? after) => !IsTrial || after is { ByRid: false } ? [] :
        [Sql.Of($"d.rid <= (select max(x.rid) from (select x.rid from ({_start!.Rids}) x where x.rid > {(after is null ? 0 : (long)after.Last[0]!)} order by x.rid limit {Trial}) x)")];

    private Sql Rid => Sql.Raw(_start is null ? "r.rid" : "d.rid");

    // "cross join": SQLite then takes the tables in this order; elsewhere it is a join like any other
    private Sql From() => _start switch
    {
        null => Sql.Raw("res r"),
        { IsOrdered: true } => Sql.Of($"({_start.Rids}) d cross join res r"),
        _ => Sql.Of($"(select distinct rid from ({_start.Rids}) x) d cross join res r"),
    };

    private Sql Matches(Sql also)
    {
        var branches = _branches.Select(b => Sql.All(b.All.Where(c => c != _start?.Instead).Select(c => c.Holds(b.Scope)).Prepend(b.Scope.Seen)));
        return Sql.All([_start is null ? Sql.True : Sql.Raw("r.rid = d.rid"), also, Sql.Any(branches)]);
    }

    private static Sql Key(SortOrder.Term term, int i)
    {
        var key = Sql.Of($"q.k{Raw(i)}{Sql.Raw(term.Descending ? " desc" : "")}");
        return term.MayBeMissing ? Sql.Of($"(case when q.k{Raw(i)} is null then 1 else 0 end), {key}") : key;
    }

    // The rows behind the last one of the page before. The first key is bounded once more for itself: an index can start there.
    private static Sql Behind(IReadOnlyList<SortOrder.Term> terms, IReadOnlyList<object?> last)
    {
        var behind = Behind(terms, last, 0);
        return terms[0].MayBeMissing ? behind : Sql.Of($"q.k0 {Sql.Raw(terms[0].Descending ? "<=" : ">=")} {Value(last[0]!)} and {behind}");
    }

    private static Sql Behind(IReadOnlyList<SortOrder.Term> terms, IReadOnlyList<object?> last, int i)
    {
        var key = Sql.Of($"q.k{Raw(i)}");
        var rest = i + 1 < terms.Count ? Behind(terms, last, i + 1) : Sql.False;
        if (last[i] is null) return Sql.Of($"({key} is null and {rest})");
        var value = Value(last[i]!);
        var further = terms[i].Descending ? Sql.Of($"{key} < {value}") : Sql.Of($"{key} > {value}");
        if (terms[i].MayBeMissing) further = Sql.Of($"({further} or {key} is null)");
        return Sql.Of($"({further} or ({key} = {value} and {rest}))");
    }

    private static Sql Value(object value) => value switch
    {
        long number => Sql.Of($"{number}"),
        string text => Sql.Of($"{text}"),
        _ => Sql.Of($"{(byte[])value}"),
    };

    private static Sql Raw(int number) => Sql.Raw(number.ToString(CultureInfo.InvariantCulture));
}
