using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Search.Criteria;

/// <summary>What is referred to fulfils a condition (<c>subject:Patient.name=x</c>) — https://hl7.org/fhir/R4/search.html#chaining. One entry per type it may be.</summary>
internal sealed record ChainCriterion(string Code, IReadOnlyList<(string Type, Criterion Condition)> Targets) : Criterion(Code)
{
    protected override Sql Condition(Scope scope)
    {
        var link = scope.Next("").Link;
        return Sql.Any(Targets.Select(target =>
        {
            var next = scope.Next(target.Type);
            return Sql.Of($"exists (select 1 from ix_ref {link} join res {next.Row} on {next.Row}.rid = {link}.t where {link}.rid = {scope.Row}.rid and {Links.Of(link, scope, Code)} and {next.Seen} and {target.Condition.Holds(next)})");
        }));
    }

    public override IEnumerable<SearchParameter> Scans(Scope scope) => Targets.SelectMany(target => target.Condition.Scans(scope.Next(target.Type)));

    protected override Sql? Select(Scope scope)
    {
        var link = scope.Next("").Link;
        var ends = new List<Sql>();
        foreach (var (type, condition) in Targets)
        {
            var next = scope.Next(type);
            if (condition.Rids(next) is not { } rids) return null;
            ends.Add(Sql.Of($"select {link}.rid as rid from {Links.From(rids, next)} cross join ix_ref {link} where {next.Row}.rid = e.rid and {link}.t = {next.Row}.rid and {Links.Of(link, scope, Code)} and {next.Seen}"));
        }
        return Sql.Join(" union all ", ends);
    }
}

/// <summary>Something that refers here fulfils a condition (<c>_has:Observation:patient:code=x</c>) — https://hl7.org/fhir/R4/search.html#has</summary>
internal sealed record HasCriterion(string Source, string Reference, Criterion Inner) : Criterion("_has")
{
    /// <summary>There is none: _has with :not.</summary>
    public bool None { get; init; }

    protected override Sql Condition(Scope scope)
    {
        var next = scope.Next(Source);
        if (None && IsHidden(next)) return Sql.False;
        return Sql.Of($"{Sql.Raw(None ? "not " : "")}exists (select 1 from ix_ref {next.Link} join res {next.Row} on {next.Row}.rid = {next.Link}.rid where {next.Link}.t = {scope.Row}.rid and {Links.Of(next.Link, next, Reference)} and {next.Seen} and {next.MaySearchBy(Reference)} and {Inner.Holds(next)})");
    }

    public override IEnumerable<SearchParameter> Scans(Scope scope) => Inner.Scans(scope.Next(Source));

    protected override Sql? Select(Scope scope)
    {
        var next = scope.Next(Source);
        return None || Inner.Rids(next) is not { } rids ? null : Sql.Of(
            $"select {next.Link}.t as rid from {Links.From(rids, next)} cross join ix_ref {next.Link} where {next.Row}.rid = e.rid and {next.Link}.rid = {next.Row}.rid and {Links.Of(next.Link, next, Reference)} and {next.Seen} and {next.MaySearchBy(Reference)}");
    }

    // Nothing is found by what is hidden, not even that it is not there.
    private bool IsHidden(Scope next) => ReferenceEquals(next.MaySearchBy(Reference), Sql.False) || ReferenceEquals(next.MaySearchBy(Inner.Code), Sql.False);
}

internal static class Links
{
    /// <summary>The resources at the far end; "cross join" keeps SQLite to this order.</summary>
    public static Sql From(Sql rids, Scope next) => Sql.Of($"(select distinct rid from ({rids}) y) e cross join res {next.Row}");

    /// <summary>The index row belongs to the reference parameter of that code.</summary>
    public static Sql Of(Sql link, Scope owner, string code) => Sql.Of($"{link}.p = {owner.Parameter(code).Numbers[0]}");
}
