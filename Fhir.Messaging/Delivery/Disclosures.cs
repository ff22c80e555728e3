using Fhir.Messaging.Realtime;
using Fhir.Server.Api.Audit;
using Fhir.Server.Api.Identity;
using Fhir.Server.Core.Elements;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Audit;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Outbox;

namespace Fhir.Messaging.Delivery;

/// <summary>A document that goes to a practice system is a disclosure by the house (NEN 7513): each attempt is in the audit before its first byte leaves. What the receiver said stands in the ledger.</summary>
public sealed class Disclosures(TenantDatabase database, AuditReads audit, TimeProvider clock)
{
    private const int HandedToTheLine = 202, NotAllowed = 403;

    /// <summary>May the receiver still have it, at this moment? What the patient took back since stays here; a thread's own practice has it on record anyway.</summary>
    public async Task<bool> IsAllowedAsync(OutboxRow row, CancellationToken stop)
    {
        var now = Micros.Of(clock.GetUtcNow());
        return await database.FirstAsync(Sql.Of(
            $"""
            select 1 from thread th where th.document = {row.What.Payload} and (th.owner = {row.What.Target} or exists (
              select 1 from participant p where p.thread = th.thread and p.org = {row.What.Target} and p.from_at <= {now} and p.until_at > {now} and p.letters_until > {now}))
            """), r => r.GetInt64(0), stop) == 1;
    }

    /// <summary>False when it could not be recorded: then nothing may leave. What is withheld is in the log too.</summary>
    public async Task<bool> RecordAsync(OutboxRow row, CancellationToken stop, bool isWithheld = false)
    {
        var keys = await database.QueryAsync(Sql.Of($"select rid, typ, fid from res where {Sql.In("rid", [row.What.Payload, row.What.Target])}"),
            r => (Rid: r.GetInt64(0), Type: r.GetInt64(1), Id: r.GetString(2)), stop);
        var (document, receiver) = (keys.First(k => k.Rid == row.What.Payload), keys.First(k => k.Rid == row.What.Target));
        var now = Micros.Of(clock.GetUtcNow());
        return await audit.RecordAsync(new()
        {
            AtMicros = now,
            By = AuditAgent.Of(AccessContext.House("delivery", now)),
            Request = row.What.MessageId,
            Act = AuditAct.Disclose,
            Type = document.Type,
            Id = document.Id,
            Query = $"{new ResourceKey(AccessTable.Name((int)receiver.Type), receiver.Id)} {row.What.Destination}",
            Status = isWithheld ? NotAllowed : HandedToTheLine,
        });
    }
}
