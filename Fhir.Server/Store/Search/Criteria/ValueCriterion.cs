using Fhir.Server.Store.Database;
using Fhir.Server.Store.Search.Types;

namespace Fhir.Server.Store.Search.Criteria;

/// <summary>A parameter has one of the values — or, with <c>:not</c>, has none of them — https://hl7.org/fhir/R4/search.html#combining</summary>
internal sealed record ValueCriterion(string Code, IReadOnlyList<SearchValue> AnyOf, bool Not) : Criterion(Code)
{
    // Values of one parameter may stand in different tables only by their modifier, which they share.
    private string Table => AnyOf[0].Table;

    public override bool IsOrdered => AnyOf is [{ IsPoint: true }] && !Not;

    protected override Sql Condition(Scope scope)
    {
        var exists = Sql.Of($"exists (select 1 from {Sql.Raw(Table)} i where i.rid = {scope.Row}.rid and {Rows(scope)})");
        return Not ? Sql.Of($"not {exists}") : exists;
    }

    protected override Sql? Select(Scope scope)
    {
        if (Not) return null;
        var parameter = scope.Parameter(Code);
        var elsewhere = AnyOf.Select(value => value.Rids(parameter, scope.Lookup)).OfType<Sql>().ToList();
        return elsewhere.Count == AnyOf.Count ? Sql.Join(" union all ", elsewhere) : Sql.Of($"select i.rid as rid from {Sql.Raw(Table)} i where {Rows(scope)}");
    }

    public override IEnumerable<SearchParameter> Scans(Scope scope) => scope.Parameter(Code) is var parameter && AnyOf.Any(value => value.Scans(parameter)) ? [parameter] : [];

    // What has the pair has the token of the pair.
    public override Sql? Around(Scope scope) =>
        !Not && AnyOf is [CompositeValue { Parts: [TokenValue token, ..] }] && scope.Parameter(Code) is { Numbers: [_], Parts: [var first, ..] } && scope.Parameter(first.Code).Numbers is [var number]
            ? Sql.Of($"select i.rid as rid from ix_tok i where i.p = {number} and i.v = {token.Token.Hash(scope.Lookup.Hash)}") : null;

    private Sql Rows(Scope scope)
    {
        var parameter = scope.Parameter(Code);
        var number = parameter.Numbers is [var only] ? Sql.Of($"i.p = {only}") : Sql.In("i.p", [.. parameter.Numbers.Select(n => (long)n)]);
        var points = AnyOf.Select(v => v.Point(scope.Lookup)).OfType<long>().ToList();
        var values = AnyOf.Count > 1 && points.Count == AnyOf.Count ? Sql.In("i.v", points) : Sql.Any(AnyOf.Select(v => v.Where(parameter, scope.Lookup)));
        return Sql.Of($"{number} and {values}");
    }
}

/// <summary>A parameter has no value at all (<c>:missing=true</c>), or some.</summary>
internal sealed record MissingCriterion(string Code, bool Missing) : Criterion(Code)
{
    protected override Sql Condition(Scope scope)
    {
        var parameter = scope.Parameter(Code);
        return parameter.Bit == 0
            ? Sql.Of($"{Sql.Raw(Missing ? "not " : "")}exists (select 1 from ix_tok i where i.p = {parameter.Numbers[0]} and i.v = {scope.Lookup.Catalog.Presence} and i.rid = {scope.Row}.rid)")
            : Sql.Of($"({scope.Row}.has & {parameter.Bit}) {Sql.Raw(Missing ? "=" : "<>")} 0");
    }
}
