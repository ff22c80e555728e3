using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Search.Criteria;

/// <summary>
/// It contains a resource of that type which fulfils the conditions — https://hl7.org/fhir/R4/search.html#contained. Who sees the container sees what stands in it,
/// so it alone is judged; one of a type that she sees in part only (a company doctor's Patient) is never searched this way.
/// </summary>
internal sealed record ContainedCriterion(string Type, IReadOnlyList<Criterion> All) : Criterion("_contained")
{
    protected override Sql Condition(Scope scope)
    {
        var inside = scope.Next(Type);
        return Sql.Of($"exists (select 1 from contained {inside.Row} where {inside.Row}.owner = {scope.Row}.rid and {Matches(inside)})");
    }

    // Values only: what else there is to start from (ids) speaks of resources of their own.
    protected override Sql? Select(Scope scope)
    {
        var inside = scope.Next(Type);
        var rids = All.OfType<ValueCriterion>().Select(criterion => criterion.Rids(inside)).FirstOrDefault(sql => sql is not null);
        return rids is null
            ? Sql.Of($"select {inside.Row}.owner as rid from contained {inside.Row} where {Matches(inside)}")
            : Sql.Of($"select {inside.Row}.owner as rid from (select distinct rid from ({rids}) y) e cross join contained {inside.Row} where {inside.Row}.rid = e.rid and {Matches(inside)}");
    }

    public override IEnumerable<SearchParameter> Scans(Scope scope) => All.SelectMany(criterion => criterion.Scans(scope.Next(Type)));

    /// <summary>What of these containers fulfils the conditions, as (owner, fid).</summary>
    public Sql Of(IReadOnlyList<long> owners, Scope scope)
    {
        var inside = scope.Next(Type);
        return Sql.Of($"select {inside.Row}.owner, {inside.Row}.fid from contained {inside.Row} where {Sql.In($"{inside.Alias}.owner", owners)} and {Matches(inside)}");
    }

    private Sql Matches(Scope inside) => Sql.All(All.Select(criterion => criterion.Holds(inside)).Prepend(Sql.Of($"{inside.Row}.typ = {AccessTable.Number(Type)}")));
}
