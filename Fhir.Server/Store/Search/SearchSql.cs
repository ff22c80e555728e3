using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Search.Criteria;
using Fhir.Server.Store.Search.Types;

namespace Fhir.Server.Store.Search;

/// <summary>One search as SQL: the rows that match in the caller's view, under the alias <c>r</c>.</summary>
internal sealed class SearchSql
{
    private const long Few = 10_000;
    private readonly List<(Scope Scope, IReadOnlyList<Criterion> All)> _branches;
    private Criterion? _driver;

    public SearchSql(SearchQuery query, AccessContext sees, Lookup lookup) =>
        _branches = [.. query.Branches.Select(b => (new Scope("r", b.Type, sees, lookup), (IReadOnlyList<Criterion>)b.All))];

    public Scope Scope => _branches[0].Scope;

    /// <summary>The rows of the driver come by rid, so a page can stop early.</summary>
    public bool ComesByRid => _driver is { IsOrdered: true };

    /// <summary>
    /// Chooses the condition to start from: the one with the fewest rows, as far as a quick look tells. None is chosen when
    /// all have many and the page can be read in the order of <paramref name="walksByT"/>.
    /// </summary>
    public async ValueTask ChooseDriverAsync(Session session, bool walksByT, CancellationToken stop)
    {
        if (_branches.Count > 1) return;
        var drivers = _branches[0].All.Select(c => (Criterion: c, Rids: c.Rids(Scope))).Where(c => c.Rids is not null).ToList();
        if (drivers.Count == 0) return;
        if (drivers.Count == 1 && !walksByT)
        {
            _driver = drivers[0].Criterion;
            return;
        }
        var looks = drivers.Select(d => Sql.Of($"(select count(*) from (select 1 from ({d.Rids!}) x limit {Few}) y)"));
        var counts = await session.FirstAsync(Sql.Of($"select {Sql.Join(", ", looks)}"), r => drivers.Select((_, i) => r.GetInt64(i)).ToArray(), stop);
        var least = Array.IndexOf(counts!, counts!.Min());
        if (!walksByT || counts![least] < Few) _driver = drivers[least].Criterion;
    }

    /// <summary>The number of matches.</summary>
    public Sql Count() => Sql.Of($"select count(*) from {From()} where {Matches(Sql.True)}");

    public Sql Rids(int limit) => Sql.Of($"select {Rid} from {From()} where {Matches(Sql.True)} limit {limit}");

    /// <summary>A page with its bodies: eight columns of the version, then the values of the order.</summary>
    public Sql Page(SortOrder order, PageToken? after, int limit)
    {
        var values = order.Terms.Select((term, i) => Sql.Of($"{(i == order.Terms.Count - 1 ? Rid : term.Value)} as k{Raw(i)}"));
        var found = Sql.Of($"select r.rid, r.typ, r.fid, r.ver, r.t, r.at, r.method, r.b, {Sql.Join(", ", values)} from {From()} where {Matches(after is null ? Sql.True : Sql.Of($"r.t <= {after.Ceiling}"))}");
        var keys = Sql.Join(", ", order.Terms.Select((_, i) => Sql.Of($"q.k{Raw(i)}")));
        var sorted = Sql.Join(", ", order.Terms.Select((term, i) => Key(term, i)));
        return Sql.Of(
            $"""
            select q.rid, q.typ, q.fid, q.ver, q.t, q.at, q.method, body.bytes, {keys} from
            (select * from ({found}) q where {(after is null ? Sql.True : Behind(order.Terms, after.Last, 0))} order by {sorted} limit {limit}) q
            join body on body.b = q.b order by {sorted}
            """);
    }

    private Sql Rid => _driver is null ? Sql.Raw("r.rid") : Sql.Raw("d.rid");

    private Sql From()
    {
        if (_driver is null) return Sql.Raw("res r");
        var rids = _driver.Rids(Scope)!;
        // "cross join": SQLite then takes the tables in this order; elsewhere it is a join like any other
        return _driver.IsOrdered ? Sql.Of($"({rids}) d cross join res r") : Sql.Of($"(select distinct rid from ({rids}) x) d cross join res r");
    }

    private Sql Matches(Sql also)
    {
        var branches = _branches.Select(b => Sql.All(b.All.Where(c => c != _driver).Select(c => c.Holds(b.Scope)).Prepend(b.Scope.Seen)));
        return Sql.All([_driver is null ? Sql.True : Sql.Raw("r.rid = d.rid"), also, Sql.Any(branches)]);
    }

    private static Sql Key(SortOrder.Term term, int i)
    {
        var key = Sql.Of($"q.k{Raw(i)}{Sql.Raw(term.Descending ? " desc" : "")}");
        return term.MayBeMissing ? Sql.Of($"(case when q.k{Raw(i)} is null then 1 else 0 end), {key}") : key;
    }

    // The rows behind the last one of the page before, key by key.
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

    private static Sql Raw(int number) => Sql.Raw(number.ToString(System.Globalization.CultureInfo.InvariantCulture));
}
