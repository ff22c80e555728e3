using Fhir.Messaging.AddressBook;
using Fhir.Messaging.Consent;
using Fhir.Server.Api.Blobs;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Rules;

namespace Fhir.Messaging.Threads;

/// <summary>Binaries on their way into a thread: attached by who uploaded them, and from then on only the thread's.</summary>
internal static class Attachments
{
    public static async ValueTask<Issue?> CheckAsync(ThreadMessage message, ThreadRow thread, AccessContext by, BinaryData binaries, CommitScope scope, CancellationToken stop)
    {
        foreach (var (binary, attachment) in message.Attachments)
        {
            var missing = new Issue(IssueKind.Invalid, "There is no such upload of yours.", attachment.Location) { Code = "not-found" };
            if (await scope.ReadAsync(binary, stop) is not { } stored) return missing;
            var rid = await scope.RidAsync(binary, stop);
            var who = await scope.Session.FirstAsync(Sql.Of($"select who from upload where binary_rid = {rid}"), r => r.GetString(0), stop);
            if (!by.SeesAll && who != UploadWrites.Uploader(by)) return missing;
            if (attachment["contentType"].Text is { } type && type != stored["contentType"].Text)
                return new Issue(IssueKind.Invalid, "The attachment's content type is not that of its Binary.", attachment.Location);
            var place = await scope.Session.FirstAsync(Sql.Of($"select coalesce(thread, 0) from res where rid = {rid}"), r => r.GetInt64(0), stop);
            if (place == 0 && !await IsAllowedAsync(binary, stored, binaries, stop))
                return new Issue(IssueKind.Invalid, "An attachment is a PDF, PNG or JPEG of at most 25 MB, and its content type says so.", attachment.Location) { Code = "business-rule" };
            if (place != 0 && place != thread.Thread) return new Issue(IssueKind.Conflict, "The upload belongs to another thread already.", attachment.Location);
        }
        return null;
    }

    // What was uploaded for a thread was looked at then; anything else is looked at now.
    private static async ValueTask<bool> IsAllowedAsync(ResourceKey key, Element binary, BinaryData binaries, CancellationToken stop)
    {
        var (contentType, content) = await binaries.ContentAsync(new(key, 0, default, WriteMethod.None, JsonWriter.Write(binary)), stop);
        return content.Length <= ContentKind.MostBytes && ContentKind.Of(content.Span) == contentType.Split(';')[0].Trim().ToLowerInvariant();
    }

    public static async ValueTask ConfineAsync(ThreadMessage message, ThreadRow thread, CommitScope scope, CancellationToken stop)
    {
        if (message.Attachments.IsEmpty) return;
        await scope.FlushAsync(stop);
        foreach (var (binary, _) in message.Attachments)
        {
            var rid = await scope.RidAsync(binary, stop);
            await scope.Session.ExecuteAsync(Sql.Of($"update res set thread = {thread.Thread}, patient = {thread.Patient}, confined = {1} where rid = {rid}"), stop);
            await scope.Session.ExecuteAsync(Sql.Of($"update res_hist set thread = {thread.Thread}, patient = {thread.Patient}, confined = {1} where rid = {rid}"), stop);
            await ParticipantRows.MissedAsync(scope, thread.Thread, rid, stop);
        }
    }
}

/// <summary>Remembers who uploaded a Binary, and keeps those that belong to a thread as they are.</summary>
public sealed class UploadWrites : ICommitRule
{
    public IReadOnlySet<string> Types { get; } = new HashSet<string>(StringComparer.Ordinal) { "Binary" };

    public async ValueTask<Issue?> CheckAsync(Change change, CommitScope scope, CancellationToken stop)
    {
        if (change.Before is not null && change.Thread != 0) return new Issue(IssueKind.Conflict, "What belongs to a thread is not changed.", "Binary");
        if (change.By.SeesAll || await ThreadOfAsync(change, scope, stop) is not { } thread) return null;
        return await ThreadRows.ActiveAsync(scope.Session, thread, change.By.ActorRid, scope.AtMicros, stop) is null
            ? new Issue(IssueKind.Invalid, "The security context is not a thread that you take part in.", "Binary.securityContext")
            : await ConsentGate.MayWriteAsync(thread, change.By.ActorRid, letters: true, scope, stop);
    }

    /// <summary>The post in which somebody uploads: what she uploads in one post she does not carry to another.</summary>
    internal static string Uploader(AccessContext by) => by.Actor?.ToString() ?? by.Who;

    public async ValueTask ApplyAsync(Change change, CommitScope scope, CancellationToken stop)
    {
        if (change.After is null) return;
        await scope.Session.ExecuteAsync(Sql.Of($"insert into upload(binary_rid, who) values({change.Rid}, {Uploader(change.By)}) on conflict do nothing"), stop);
        if (change.Thread != 0) await ParticipantRows.MissedAsync(scope, change.Thread, change.Rid, stop);   // the summary's file
        if (await ThreadOfAsync(change, scope, stop) is not { } rid || await ThreadRows.FindAsync(scope.Session, rid, stop) is not { } thread) return;
        (change.Thread, change.Patient, change.Confined) = (thread.Thread, thread.Patient, Confinement.Thread);
        await ParticipantRows.MissedAsync(scope, change.Thread, change.Rid, stop);
    }

    private static async ValueTask<long?> ThreadOfAsync(Change change, CommitScope scope, CancellationToken stop) =>
        change.After is { } after && References.Key(after["securityContext"]) is { Type: "Communication" } key ? await scope.RidAsync(key, stop) : null;
}
