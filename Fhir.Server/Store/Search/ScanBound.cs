using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Search.Criteria;

namespace Fhir.Server.Store.Search;

/// <summary>
/// How much a search looks at one by one — https://hl7.org/fhir/R4/search.html#string (:contains). Where no index finds the rows, those of the parameter are
/// looked at while they are few; when they are many, other conditions or what the caller sees must leave few resources. Else it is refused: never a part of an answer.
/// </summary>
internal static class ScanBound
{
    public static readonly Issue TooMuch = new(IssueKind.Unsupported, "It would look at too many values one by one: add a condition that leaves fewer, or search by the start of the text.") { Code = "too-costly" };

    /// <summary>True when more rows than allowed would be looked at.</summary>
    public static async ValueTask<bool> IsOverAsync(IEnumerable<(Scope Scope, IReadOnlyList<Criterion> All)> branches, int bound, Session session, CancellationToken stop)
    {
        var numbers = branches.SelectMany(b => b.All.SelectMany(c => c.Scans(b.Scope))).SelectMany(p => p.Numbers).Select(number => (long)number).Distinct().Order().ToList();
        return numbers.Count > 0 && await session.FirstAsync(Sql.Of(
            $"select count(*) from (select 1 from ix_str i where {Sql.In("i.p", numbers)} and i.v in (0, 1) limit {(long)bound + 1}) x"), r => r.GetInt64(0), stop) > bound;
    }

}
