using System.Text.Json.Nodes;
using Fhir.Server.Store.Access;

namespace Fhir.Messaging.Threads;

/// <summary>A message as the operations write it.</summary>
internal sealed record MessageJson(ResourceKey Thread, JsonNode? Subject, ResourceKey Sender, DateTimeOffset Sent)
{
    public string? Text { get; init; }
    public JsonObject? Attachment { get; init; }
    public string? ClientId { get; init; }
    public ResourceKey? InReplyTo { get; init; }

    public static MessageJson Of(ResourceKey thread, JsonNode? subject, ResourceKey sender, DateTimeOffset sent) => new(thread, subject?.DeepClone(), sender, sent);

    public JsonObject Json()
    {
        var message = new JsonObject { ["resourceType"] = "Communication" };
        if (ClientId is not null) message["identifier"] = new JsonArray(new JsonObject { ["system"] = ClinicUrls.ClientId, ["value"] = ClientId });
        message["partOf"] = new JsonArray(NewWrite.Reference(Thread));
        if (InReplyTo is { } reply) message["inResponseTo"] = new JsonArray(NewWrite.Reference(reply));
        message["status"] = "completed";
        if (Subject is not null) message["subject"] = Subject.DeepClone();
        message["sent"] = NewWrite.Instant(Sent);
        message["sender"] = NewWrite.Reference(Sender);
        message["payload"] = Payload();
        return message;
    }

    private JsonArray Payload()
    {
        var payload = new JsonArray();
        if (Text is not null) payload.Add(new JsonObject { ["contentString"] = Text });
        if (Attachment is not null) payload.Add(new JsonObject { ["contentAttachment"] = Attachment.DeepClone() });
        return payload;
    }
}
