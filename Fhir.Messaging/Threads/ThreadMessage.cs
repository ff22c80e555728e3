using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Fhir.Messaging.AddressBook;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;

namespace Fhir.Messaging.Threads;

/// <summary>A Communication that is part of a thread. Hash = of what it says, so that a resend can be told from another message with the same client id.</summary>
public sealed record ThreadMessage
{
    public required ResourceKey Thread { get; init; }
    public required ResourceKey Sender { get; init; }
    public string? ClientId { get; init; }
    public ImmutableArray<ResourceKey> InReplyTo { get; init; } = [];
    public ImmutableArray<ResourceKey> Recipients { get; init; } = [];
    /// <summary>The Binaries it carries, and where in the message.</summary>
    public ImmutableArray<(ResourceKey Binary, Element Attachment)> Attachments { get; init; } = [];
    public required byte[] Hash { get; init; }

    /// <summary>The Communications it is part of; a message has exactly one.</summary>
    public static List<ResourceKey> PartOf(Element communication) =>
        [.. communication.Each("partOf").Select(References.Key).OfType<ResourceKey>().Where(k => k.Type == "Communication")];

    /// <summary>Reads what is known to be part of a thread.</summary>
    public static Result<ThreadMessage> Read(Element message, ResourceKey thread)
    {
        if (message.Each("partOf").Count() != 1) return Wrong("A message is part of one thread and of nothing else.", "partOf");
        if (message["status"].Text is not ("completed" or "in-progress")) return Wrong("A message that is sent has the status completed.", "status");
        if (References.Key(message["sender"]) is not { Type: "PractitionerRole" } sender) return Wrong("A message is sent by a PractitionerRole.", "sender");
        if (OwnExtensions.ForgedIn(message) is { } forged) return forged;
        var ids = message.Each("identifier").Where(i => i["system"].Text == ClinicUrls.ClientId).ToList();
        if (ids.Count > 1 || ids.Any(i => i["value"].Text is not { Length: > 0 and <= 100 })) return Wrong("A message has one client-id of at most 100 characters.", "identifier");
        if (ReadPayload(message).Failed(out var issue, out var attachments)) return issue;
        return new ThreadMessage
        {
            Thread = thread, Sender = sender, ClientId = ids.Count == 1 ? ids[0]["value"].Text : null, Attachments = attachments,
            InReplyTo = Keys(message, "inResponseTo"), Recipients = Keys(message, "recipient"), Hash = HashOf(message, thread),
        };
    }

    private static Result<ImmutableArray<(ResourceKey, Element)>> ReadPayload(Element message)
    {
        var attachments = ImmutableArray.CreateBuilder<(ResourceKey, Element)>();
        var payload = message.Each("payload").ToList();
        if (payload.Count == 0) return Wrong("A message says something.", "payload");
        foreach (var content in payload.Select(p => p["content"]))
        {
            if (content.Type == "string") continue;
            if (content.Type != "Attachment") return new Issue(IssueKind.Invalid, "A message carries text and attachments.", content.Location);
            if (content["data"].Exists || References.Key(content["url"].Text) is not { Type: "Binary" } binary)
                return new Issue(IssueKind.Invalid, "An attachment is uploaded first: its url is Binary/id, without data.", content.Location);
            attachments.Add((binary, content));
        }
        return attachments.ToImmutable();
    }

    // What the sender said, not what the server or the clock added.
    private static byte[] HashOf(Element message, ResourceKey thread)
    {
        var said = new StringBuilder().Append(thread).Append('\n');
        foreach (var reply in Keys(message, "inResponseTo")) said.Append("re ").Append(reply).Append('\n');
        foreach (var content in message.Each("payload").Select(p => p["content"]))
        {
            if (content.Type == "string") Piece(said, "text", content.Text);
            else
            {
                Piece(said, "type", content["contentType"].Text);
                Piece(said, "title", content["title"].Text);
                Piece(said, "content", content["hash"].Text ?? content["url"].Text);
            }
        }
        return SHA256.HashData(Encoding.UTF8.GetBytes(said.ToString()));
    }

    private static void Piece(StringBuilder said, string name, string? value) => said.Append(name).Append(value?.Length ?? -1).Append(':').Append(value).Append('\n');

    private static ImmutableArray<ResourceKey> Keys(Element message, string name) => [.. message.Each(name).Select(References.Key).OfType<ResourceKey>()];

    private static Issue Wrong(string text, string element) => new(IssueKind.Invalid, text, $"Communication.{element}");
}
