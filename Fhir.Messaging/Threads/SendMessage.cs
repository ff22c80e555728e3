using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Fhir.Server.Api.Blobs;
using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Api.Operations;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Resources;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Fhir.Messaging.Threads;

/// <summary>$send-message: text, an attachment or both. A resend with the same client-id gives the message that is there.</summary>
public sealed class SendMessage(ResourceStore store, TenantDatabase database, BinaryData binaries, NewWrite make, TimeProvider clock)
{
    private static readonly Operation Definition = new("send-message", "Communication", OperationLevel.Instance, ClinicUrls.Base + "/OperationDefinition/send-message");
    private static readonly string[] Known = ["text", "attachment", "client-id", "in-reply-to"];

    public static void Map(RouteGroupBuilder fhir) => fhir.MapOperation(Definition, Right.Operation(Permission.Create, "Communication"),
        (HttpContext context, string id, Caller caller, SendMessage operation, CancellationToken stop) => operation.RunAsync(context, id, caller, stop));

    private async Task<IResult> RunAsync(HttpContext context, string id, Caller caller, CancellationToken stop)
    {
        if ((await Parameters.ReadAsync(context.Request, Known, stop)).Failed(out var issue, out var input)) return Refusal.Of(issue);
        if ((await ThreadOfCall.OfParticipantAsync(id, caller.Sees, store, database, stop)).Failed(out issue, out var thread)) return Refusal.Of(issue);
        if ((await WritesAsync(input, thread, caller.Sees, stop)).Failed(out issue, out var writes)) return Refusal.Of(issue);
        if (await SentBeforeAsync(writes[^1], thread, caller.Sees, stop) is { } before)
            return before.Failed(out issue, out var there) ? Refusal.Of(issue) : FhirBody.Of(there);
        if ((await store.CommitAsync(writes, caller.Sees, stop)).Failed(out issue, out var written)) return Refusal.Of(issue);
        var sent = written[^1];
        Call.Of(context).Audited = sent.Outcome == WriteOutcome.Created;
        return sent.Outcome == WriteOutcome.Created ? FhirBody.Created(sent.Version!) : FhirBody.Of(sent.Version!);
    }

    /// <summary>The message, and before it the Binary of an attachment that came along with its data.</summary>
    private async Task<Result<List<Write>>> WritesAsync(Parameters input, ThreadOfCall thread, AccessContext by, CancellationToken stop)
    {
        if (input.StringOrNone("text").Failed(out var issue, out var text)) return issue;
        if (input.StringOrNone("client-id").Failed(out issue, out var clientId)) return issue;
        if (input.ReferenceOrNone("in-reply-to").Failed(out issue, out var reply)) return issue;
        if (input.ValueOrNone("attachment", "Attachment").Failed(out issue, out var attachment)) return issue;
        if (text is null && !attachment.Exists) return new Issue(IssueKind.Invalid, "A message has a text, an attachment or both.", "Parameters.parameter") { Code = "required" };
        var writes = new List<Write>();
        if ((await AttachAsync(attachment, thread.Key, writes, stop)).Failed(out issue, out var attached)) return issue;
        var json = new MessageJson(thread.Key, NewWrite.Reference(AddressBook.References.Key(thread.Header["subject"])!.Value), by.Actor!.Value, clock.GetUtcNow())
        {
            Text = text, ClientId = clientId, InReplyTo = reply, Attachment = attached.Json,
        };
        if (make.Of(json.Json(), Write.NewId(), ClinicUrls.Message, shape: m => ThreadMessage.Read(m, thread.Key).Failed(out var odd, out _) ? odd : null).Failed(out issue, out var message)) return issue;
        writes.Add(message);
        return writes;
    }

    private readonly record struct Attached(JsonObject? Json);

    private async Task<Result<Attached>> AttachAsync(Element attachment, ResourceKey thread, List<Write> writes, CancellationToken stop)
    {
        if (!attachment.Exists) return new Attached(null);
        var json = new JsonObject();
        foreach (var name in (string[])["contentType", "language"])
            if (attachment[name].Text is { } value) json[name] = value;
        if (attachment["data"].Text is { } data)
        {
            if ((await UploadAsync(attachment, data, thread, stop)).Failed(out var issue, out var upload)) return issue;
            writes.Add(upload.Binary);
            json["url"] = upload.Binary.Key.ToString();
            json["size"] = upload.Size;
            json["hash"] = upload.Sha1;
        }
        else if (attachment["url"].Text is { } url) json["url"] = url;
        if (attachment["title"].Text is { } title) json["title"] = title;
        return new Attached(json);
    }

    private sealed record Upload(Write Binary, int Size, string Sha1);

    private async Task<Result<Upload>> UploadAsync(Element attachment, string data, ResourceKey thread, CancellationToken stop)
    {
        var content = new byte[(data.Length / 4 * 3) + 3];
        if (!Convert.TryFromBase64String(data, content, out var size)) return new Issue(IssueKind.Invalid, "The data is no base64.", attachment["data"].Location) { Code = "value" };
        var bytes = content.AsMemory(0, size);
        if ((await binaries.MakeAsync(attachment["contentType"].Text ?? "", bytes, thread.ToString(), stop)).Failed(out var issue, out var body))
            return issue with { Where = attachment.Location };
        var binary = new Write { Kind = WriteKind.Create, Key = new("Binary", Write.NewId()), Json = body.Json, Resource = body.Resource };
        return new Upload(binary, size, Convert.ToBase64String(Sha1(bytes.Span)));
    }

#pragma warning disable CA5350 // Attachment.hash is SHA-1 by definition; nothing rests on it
    internal static byte[] Sha1(ReadOnlySpan<byte> content) => SHA1.HashData(content);
#pragma warning restore CA5350

    // Looked up before the commit too, so that a resend with data makes no second Binary.
    private async Task<Result<ResourceVersion>?> SentBeforeAsync(Write message, ThreadOfCall thread, AccessContext by, CancellationToken stop)
    {
        if (ThreadMessage.Read(message.Resource!, thread.Key).Failed(out var issue, out var read)) return issue;
        if (read.ClientId is not { } clientId) return null;
        MessageRow? there;
        await using (var session = await database.ReadAsync(snapshot: false, stop)) there = await ThreadRows.SentAsync(session, by.ActorRid, clientId, stop);
        if (there is null) return null;
        if (!there.Hash.AsSpan().SequenceEqual(read.Hash)) return new Issue(IssueKind.Conflict, "Another message was sent with this client-id.", "Parameters.parameter.where(name='client-id')");
        var id = await database.FirstAsync(Sql.Of($"select fid from res where rid = {there.Rid}"), r => r.GetString(0), stop);
        return await store.ReadAsync(new("Communication", id!), by, stop);
    }
}
