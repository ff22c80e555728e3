using System.Globalization;
using Fhir.Messaging.Consent;
using Fhir.Messaging.Realtime;
using Fhir.Server.Api.Blobs;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Rules;

namespace Fhir.Messaging.Threads;

/// <summary>A message: sent by an active participant, numbered without gaps, withdrawn but never edited.</summary>
public sealed class MessageWrites(Bell bell, BinaryData binaries)
{
    /// <summary>The thread that a Communication is part of (null = of none). Threads that the caller may not see, and Communications that are not there, get one answer.</summary>
    public async ValueTask<Result<(ThreadRow? Thread, ResourceKey Key)>> ThreadOfAsync(Element after, AccessContext by, CommitScope scope, CancellationToken stop)
    {
        (ThreadRow?, ResourceKey) found = (null, default);
        foreach (var key in ThreadMessage.PartOf(after))
        {
            var rid = await scope.RidAsync(key, stop);
            var thread = await ThreadRows.FindAsync(scope.Session, rid, stop);
            if (thread is null && by.SeesAll) continue;
            var takesPart = thread is not null && await ThreadRows.ActiveAsync(scope.Session, rid, by.ActorRid, scope.AtMicros, stop) is not null;
            if (!takesPart && !await IsSeenAsync(by, rid, scope, stop))
                return new Issue(IssueKind.Invalid, "It is part of a Communication that is not known here.", "Communication.partOf") { Code = "not-found" };
            if (thread is not null) found = (thread, key);
        }
        return found;
    }

    public async ValueTask<Issue?> CheckNewAsync(Change change, ThreadRow thread, ResourceKey key, CommitScope scope, CancellationToken stop)
    {
        if (ThreadMessage.Read(change.After!, key).Failed(out var issue, out var message)) return issue;
        if (!change.By.SeesAll && message.Sender != change.By.Actor) return new Issue(IssueKind.Forbidden, "One writes in one's own name.", "Communication.sender");
        var sender = await scope.RidAsync(message.Sender, stop);
        if (await ThreadRows.ActiveAsync(scope.Session, thread.Thread, sender, scope.AtMicros, stop) is null)
            return new Issue(IssueKind.Forbidden, "Only who takes part in the thread writes in it.", "Communication.sender");
        if (await SentBeforeAsync(message, sender, scope, stop) is { } sent)
        {
            if (!sent.Hash.AsSpan().SequenceEqual(message.Hash)) return new Issue(IssueKind.Conflict, "Another message was sent with this client-id.", "Communication.identifier");
            change.Repeats = sent.Rid;
            return null;
        }
        if (thread.State != ThreadState.Open) return new Issue(IssueKind.Conflict, "The thread is closed: it takes no more messages.", "Communication.partOf");
        return await ConsentGate.MayWriteAsync(thread.Thread, sender, !message.Attachments.IsEmpty, scope, stop)
            ?? await CheckPlacesAsync(change.After!, message, thread, scope, stop)
            ?? await Attachments.CheckAsync(message, thread, change.By, binaries, scope, stop);
    }

    public async ValueTask ApplyNewAsync(Change change, ThreadRow thread, ResourceKey key, CommitScope scope, CancellationToken stop)
    {
        if (ThreadMessage.Read(change.After!, key).Failed(out _, out var message)) throw new InvalidOperationException("A message that was checked cannot be read.");
        var sender = await scope.RidAsync(message.Sender, stop);
        var home = await ThreadRows.ActiveAsync(scope.Session, thread.Thread, sender, scope.AtMicros, stop);
        (change.Thread, change.Confined, change.Home, change.Patient) = (thread.Thread, Confinement.Thread, home ?? change.Home, thread.Patient);
        var seq = await ThreadRows.AppendAsync(scope, change.Rid, sender, message, thread.Thread, stop);
        change.Extensions.Add((ClinicUrls.ThreadSeq, SeqJson(seq)));
        await ParticipantRows.MissedAsync(scope, thread.Thread, change.Rid, stop);
        await Attachments.ConfineAsync(message, thread, scope, stop);
        scope.AfterCommit(bell.Ring);
    }

    public Issue? CheckChange(Change change, MessageRow message)
    {
        if (change is not { Before: { } before, After: { } after }) return new Issue(IssueKind.Conflict, "A message is withdrawn (entered-in-error), not deleted.");
        if (after["status"].Text != "entered-in-error" || !Unchanged.But(before, after, "status"))
            return new Issue(IssueKind.Conflict, "A message is not edited; it can only be withdrawn (entered-in-error).", "Communication");
        if (OwnExtensions.SeqOf(after) is { } seq && seq != message.Seq.ToString(CultureInfo.InvariantCulture)) return OwnExtensions.ForgedIn(after);
        return change.By.SeesAll || change.By.ActorRid == message.Sender ? null : new Issue(IssueKind.Forbidden, "Only who sent a message withdraws it.", "Communication.sender");
    }

    public async ValueTask ApplyChangeAsync(Change change, MessageRow message, CommitScope scope, CancellationToken stop)
    {
        if (OwnExtensions.SeqOf(change.After!) is null) change.Extensions.Add((ClinicUrls.ThreadSeq, SeqJson(message.Seq)));
        await ThreadRows.WithdrawnAsync(scope, message.Thread, stop);
        scope.AfterCommit(bell.Ring);
    }

    private static string SeqJson(long seq) => string.Create(CultureInfo.InvariantCulture, $"\"valueInteger\":{seq}");

    private static async ValueTask<bool> IsSeenAsync(AccessContext by, long rid, CommitScope scope, CancellationToken stop)
    {
        await scope.FlushAsync(stop);
        var sees = by with { NowMicros = scope.AtMicros };   // a thread opened by this very commit begins at its moment
        return await scope.Session.FirstAsync(Sql.Of($"select 1 from res r where r.rid = {rid} and r.live = 1 and {sees.Sees("r", "Communication", Permission.None)}"), r => r.GetInt64(0), stop) == 1;
    }

    private static async ValueTask<MessageRow?> SentBeforeAsync(ThreadMessage message, long sender, CommitScope scope, CancellationToken stop) =>
        message.ClientId is { } id ? await ThreadRows.SentAsync(scope.Session, sender, id, stop) : null;

    private static async ValueTask<Issue?> CheckPlacesAsync(Element after, ThreadMessage message, ThreadRow thread, CommitScope scope, CancellationToken stop)
    {
        if (after["subject"].Exists && (AddressBook.References.Key(after["subject"]) is not { } subject || await scope.RidAsync(subject, stop) != thread.Patient))
            return new Issue(IssueKind.Invalid, "A message is about the patient of its thread.", "Communication.subject");
        if (ThreadHeader.NamesItsPatientPlainly(after) is { } telling) return telling;
        foreach (var (reply, index) in message.InReplyTo.Select((r, i) => (r, i)))
            if (await ThreadRows.MessageAsync(scope.Session, await scope.RidAsync(reply, stop), stop) is not { } to || to.Thread != thread.Thread)
                return new Issue(IssueKind.Invalid, "A reply is to a message of the same thread.", $"Communication.inResponseTo[{index}]");
        foreach (var (recipient, index) in message.Recipients.Select((r, i) => (r, i)))
            if (!await ThreadRows.WasEverInAsync(scope.Session, thread.Thread, await scope.RidAsync(recipient, stop), stop))
                return new Issue(IssueKind.Invalid, $"recipient[{index}] does not take part in the thread.", $"Communication.recipient[{index}]");
        return null;
    }
}
