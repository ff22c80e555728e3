using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Resources;

// Referential integrity, where the house wants it — https://hl7.org/fhir/R4/http.html#integrity
internal sealed partial class Batch
{
    private const int MostNamed = 5;
    private bool _together;   // of a transaction what is deleted is judged at the end: what referred to it may go or change too

    /// <summary>What is referred to stays. Those who refer are named as far as the caller sees them.</summary>
    private async ValueTask<Issue?> ReferredToAsync(ResourceKey key, long rid, AccessContext by, CancellationToken stop)
    {
        await FlushAsync(stop);
        var referrers = await _session.QueryAsync(Sql.Of(
            $"select distinct r.typ, r.fid from ix_ref i join res r on r.rid = i.rid and r.live = 1 where i.t = {rid} and r.rid <> {rid} limit {MostPairs}"),
            r => new ResourceKey(AccessTable.Name(r.GetInt32(0)), r.GetString(1)), stop);
        if (referrers.Count == 0) return null;
        var seen = (await SeenAsync(referrers, by, stop)).Select(k => k.ToString()).Order(StringComparer.Ordinal).Take(MostNamed).ToList();
        return new Issue(IssueKind.Conflict, $"This {key.Type} is referred to{(seen.Count > 0 ? $" by {string.Join(", ", seen)}" : "")}.", key.Type);
    }

    private async ValueTask<Issue?> LeavesHolesAsync(IEnumerable<(Write Write, Written Done)> writes, AccessContext by, CancellationToken stop)
    {
        foreach (var (write, _) in writes.Where(w => w.Done.Outcome == WriteOutcome.Deleted))
            if (await ReferredToAsync(write.Key, RidOf(write.Key), by, stop) is { } hole) return hole with { Where = write.Where };
        return null;
    }

    private Issue? Unmatched(Write write, Row? before) =>
        before is { Live: 1 } && write is { Kind: not WriteKind.Create, IfMatch: null } && _parts.Settings.AsksIfMatch(write.Key.Type)
            ? new Issue(IssueKind.Invalid, $"A {write.Key.Type} is changed with If-Match, which names the version that is meant.", "If-Match") { Code = "required" } : null;
}
