using Fhir.Server.Api.Identity;
using Fhir.Server.Store.Search;

namespace Fhir.Server.Api.Audit;

/// <summary>
/// A conditional write, and a conditional reference, asks what a search asks, and is told by what comes of it. So it leaves the line of a search
/// too, in the log of those whom its criteria name and, when nothing was written, of those whom they found.
/// </summary>
public sealed class CriteriaLines(ResourceSearch search, AuditFilter audit)
{
    /// <summary>False when it cannot be recorded.</summary>
    public async ValueTask<bool> RecordAsync(Call call, Caller caller, IEnumerable<SearchQuery> asked, bool inVain, CancellationToken stop)
    {
        foreach (var criteria in asked)
        {
            var concerned = await search.ConcernsAsync(criteria, caller.Sees, inVain, stop);
            if (concerned.Count == 0 && caller.Sees.SeesAll) continue;   // anybody else would learn from her own log whether it named somebody
            if (!await audit.RecordAsync(call, Right.Search, criteria.Type, null, AuditFilter.NamesOf(criteria.Codes), 200, [.. concerned.Select(rid => -rid)])) return false;
        }
        return true;
    }
}
