using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Search.Types;

namespace Fhir.Server.Store.Search.Criteria;

/// <summary>_id — https://hl7.org/fhir/R4/search.html#id</summary>
internal sealed record IdCriterion(IReadOnlyList<string> AnyOf, bool Not) : Criterion("_id")
{
    protected override Sql Condition(Scope scope)
    {
        var one = Sql.Any(AnyOf.Select(id => Sql.Of($"{scope.Row}.fid = {id}")));
        return Not ? Sql.Of($"not ({one})") : one;
    }

    protected override Sql? Select(Scope scope) => Not || scope.Type is null ? null : Sql.Of(
        $"select x.rid as rid from res x where x.typ = {AccessTable.Number(scope.Type)} and {Sql.Any(AnyOf.Select(id => Sql.Of($"x.fid = {id}")))}");
}

/// <summary>_lastUpdated — https://hl7.org/fhir/R4/search.html#lastUpdated</summary>
internal sealed record LastUpdatedCriterion(IReadOnlyList<Date> AnyOf) : Criterion("_lastUpdated")
{
    protected override Sql Condition(Scope scope) =>
        Sql.All([Sql.Any(AnyOf.Select(date => date.Where(Sql.Of($"{scope.Row}.at"), Sql.Of($"({scope.Row}.at + 1)"), scope.Lookup.NowMicros))), Since(scope)]);

    // Commits stand in the order of time: what is asked since a moment need not be looked for before it.
    private Sql Since(Scope scope) => AnyOf is [{ From: { } from }]
        ? Sql.Of($"{scope.Row}.t >= coalesce((select c.t from commits c where c.at >= {from} order by c.at, c.t limit 1), {long.MaxValue})")
        : Sql.True;
}

/// <summary>_type, where it narrows a chain — https://hl7.org/fhir/R4/search.html#all</summary>
internal sealed record TypeCriterion(IReadOnlyList<string> AnyOf) : Criterion("_type")
{
    protected override Sql Condition(Scope scope) => Sql.In($"{scope.Alias}.typ", [.. AnyOf.Select(t => (long)AccessTable.Number(t))]);
}

/// <summary>What is always or never so: <c>_id:missing</c> and the like.</summary>
internal sealed record ConstantCriterion(string Code, bool Value) : Criterion(Code)
{
    protected override Sql Condition(Scope scope) => Value ? Sql.True : Sql.False;
}
