using System.Collections.Immutable;
using Fhir.Messaging.AddressBook;
using Fhir.Messaging.Consent;
using Fhir.Messaging.Delivery;
using Fhir.Messaging.Realtime;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Rules;

namespace Fhir.Messaging.Threads;

/// <summary>A thread's header: opened through the consent gate, closed by $close-thread, never changed otherwise.</summary>
public sealed class HeaderWrites(Closings closings, DeliveryQueue deliveries, Bell bell)
{
    public async ValueTask<Issue?> CheckNewAsync(Change change, CommitScope scope, CancellationToken stop)
    {
        if (ThreadHeader.Read(change.After!).Failed(out var issue, out var header)) return issue;
        if (!change.By.SeesAll && header.Sender != change.By.Actor) return new Issue(IssueKind.Forbidden, "One opens a thread in one's own name.", "Communication.sender");
        if (!await IsKnownAsync(change.By, header.Subject, scope, stop)) return new Issue(IssueKind.Invalid, "There is no such patient here.", "Communication.subject") { Code = "not-found" };
        return (await AdmitAsync(header, scope, stop)).Failed(out issue, out _) ? issue : null;
    }

    public async ValueTask ApplyNewAsync(Change change, Element after, CommitScope scope, CancellationToken stop)
    {
        if (ThreadHeader.Read(after).Failed(out _, out var header) || (await AdmitAsync(header, scope, stop)).Failed(out _, out var admitted))
            throw new InvalidOperationException("The gate refuses what it admitted in the same commit.");
        (change.Thread, change.Confined, change.Home, change.Patient) = (change.Rid, Confinement.Thread, admitted.Sender.OrganizationRid, admitted.Patient);
        await ConsentGate.OpenAsync(admitted, change.Rid, scope, stop);
        await ThreadRows.OpenAsync(scope, change.Rid, admitted, stop);
        scope.AfterCommit(bell.Ring);
    }

    public async ValueTask<Issue?> CheckChangeAsync(Change change, ThreadRow thread, CommitScope scope, CancellationToken stop)
    {
        if (change.After is not { } after) return new Issue(IssueKind.Conflict, "A thread is closed, not deleted.");
        if (change.Before is null || !Unchanged.But(change.Before, after, "status") || closings.DocumentOf(change.Key) is not { } document || after["status"].Text != "completed")
            return new Issue(IssueKind.Conflict, "A thread does not change by an update; it is closed with $close-thread.", "Communication");
        if (await scope.ReadAsync(document, stop) is null) return new Issue(IssueKind.Conflict, "The thread is being closed by someone else.");   // this commit does not bring the summary
        return thread.State == ThreadState.Open ? null : new Issue(IssueKind.Conflict, "The thread is closed already.", "Communication.status");
    }

    public async ValueTask ApplyChangeAsync(Change change, CommitScope scope, CancellationToken stop)
    {
        var document = await scope.RidAsync(closings.DocumentOf(change.Key)!.Value, stop);
        await ThreadRows.CloseAsync(scope, change.Rid, ThreadState.Closed, document, stop);
        await deliveries.EnqueueAsync(change.Rid, document, scope, stop);
        scope.AfterCommit(bell.Ring);
    }

    // Hidden and absent patients get the same answer. Broken glass opens a record to one person for minutes: it starts no thread, which would outlive it.
    private static async ValueTask<bool> IsKnownAsync(AccessContext by, ResourceKey patient, CommitScope scope, CancellationToken stop)
    {
        var rid = await scope.RidAsync(patient, stop);
        await scope.FlushAsync(stop);
        var lasting = by with { Role = by.Role with { Abilities = by.Role.Abilities & ~Ability.BreaksGlass } };
        return await scope.Session.FirstAsync(Sql.Of($"select 1 from res r where r.rid = {rid} and r.live = 1 and {lasting.Sees("r", "Patient", Permission.None)}"), r => r.GetInt64(0), stop) == 1;
    }

    private static async ValueTask<Result<ConsentedMessage>> AdmitAsync(ThreadHeader header, CommitScope scope, CancellationToken stop)
    {
        if (await CliniciansInCommit.FindAsync(scope, header.Sender, stop) is not { IsAddressable: true } sender)
            return new Issue(IssueKind.Invalid, "The sender is no clinician of this clinic.", "Communication.sender");
        var recipients = ImmutableArray.CreateBuilder<Clinician>();
        foreach (var key in header.Recipients)
        {
            if (await CliniciansInCommit.FindAsync(scope, key, stop) is not { } recipient)
                return new Issue(IssueKind.Invalid, $"recipient[{recipients.Count}] is not known here.", $"Communication.recipient[{recipients.Count}]") { Code = "not-found" };
            recipients.Add(recipient);
        }
        var patient = await scope.RidAsync(header.Subject, stop);
        var ownGround = await CareGround.IsHomeAsync(sender.OrganizationRid, patient, scope, stop);
        return await ConsentGate.AdmitAsync(new(patient, sender, ownGround, recipients.ToImmutable()) { Chosen = header.Consent, Category = header.Category }, scope, stop);
    }
}
