using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Search.Criteria;

/// <summary>It stands in the compartment of one resource, or is that resource itself — https://hl7.org/fhir/R4/compartmentdefinition.html</summary>
internal sealed record CompartmentCriterion(ResourceKey Focus) : Criterion("_id")
{
    protected override Sql Condition(Scope scope)
    {
        var itself = Sql.Of($"({scope.Row}.typ = {AccessTable.Number(Focus.Type)} and {scope.Row}.fid = {Focus.Id})");
        return Numbers(scope) is { Count: > 0 } numbers ? Sql.Of($"({itself} or exists (select 1 from ix_ref i where i.rid = {scope.Row}.rid and {Rows(numbers)}))") : itself;
    }

    protected override Sql? Select(Scope scope) => Numbers(scope) is not { Count: > 0 } numbers ? Itself
        : Sql.Of($"{Itself} union all select i.rid as rid from ix_ref i where {Rows(numbers)}");

    private Sql Itself => Sql.Of($"select x.rid as rid from res x where x.typ = {AccessTable.Number(Focus.Type)} and x.fid = {Focus.Id}");

    private Sql Rows(List<long> numbers) =>
        Sql.Of($"i.t = (select x.rid from res x where x.typ = {AccessTable.Number(Focus.Type)} and x.fid = {Focus.Id}) and {Sql.In("i.p", numbers)}");

    // The parameters that lead there; one whose values are hidden from the caller leads nowhere. ("{def}" stands for the resource itself.)
    private List<long> Numbers(Scope scope) =>
    [
        .. (scope.Type is { } one ? [one] : AccessTable.Types)
            .SelectMany(type => scope.Lookup.Catalog.Definitions.Compartment(Focus.Type, type).Where(code => scope.Sees.MaySearchBy(type, code)).Select(code => scope.Lookup.Catalog.Of(type).GetValueOrDefault(code)))
            .SelectMany(parameter => parameter?.Numbers ?? []).Select(number => (long)number).Distinct().Order(),
    ];
}
