using System.Text.Json.Nodes;
using Fhir.Server.Api.Tests;

namespace Fhir.Messaging.Tests.Clinic;

/// <summary>The thread operations in short words.</summary>
public static class Threads
{
    public static Task<Got> Open(Client by, string patient, string[] to, string? text = null, string? consent = null, string category = "advice")
    {
        var parameters = new JsonArray(Reference("subject", patient), Value("topic", "valueString", "Aangepast werk"), Value("category", "valueCode", category));
        foreach (var name in to) parameters.Add(Reference("recipient", $"PractitionerRole/{name}"));
        if (text is not null) parameters.Add(Value("text", "valueString", text));
        if (consent is not null) parameters.Add(Reference("consent", consent));
        return Call(by, "/fhir/Communication/$open-thread", parameters);
    }

    public static Task<Got> Send(Client by, string thread, string text, string? clientId = null, string? inReplyTo = null)
    {
        var parameters = new JsonArray(Value("text", "valueString", text), Value("client-id", "valueString", clientId ?? Guid.NewGuid().ToString()));
        if (inReplyTo is not null) parameters.Add(Reference("in-reply-to", inReplyTo));
        return Call(by, $"/fhir/Communication/{thread}/$send-message", parameters);
    }

    public static Task<Got> Attach(Client by, string thread, JsonObject attachment, string? clientId = null) => Call(by, $"/fhir/Communication/{thread}/$send-message",
        [new JsonObject { ["name"] = "attachment", ["valueAttachment"] = attachment }, Value("client-id", "valueString", clientId ?? Guid.NewGuid().ToString())]);

    public static Task<Got> MarkRead(Client by, string thread, int seq) =>
        Call(by, $"/fhir/Communication/{thread}/$mark-read", [new JsonObject { ["name"] = "seq", ["valueInteger"] = seq }]);

    public static Task<Got> Close(Client by, string thread, string summary = "Opbouw in drie weken.") =>
        Call(by, $"/fhir/Communication/{thread}/$close-thread", [Value("summary", "valueString", summary)]);

    public static Task<Got> Messages(Client by, string thread, int after = 0, int count = 200) => by.Get($"/fhir/Communication/{thread}/$messages?after-seq={after}&_count={count}");
    public static Task<Got> Inbox(Client by) => by.Get("/fhir/Communication/$inbox?_count=50");

    public static List<JsonNode> Entries(this Got got) => [.. (got.Json["entry"]?.AsArray() ?? []).Select(e => e!["resource"]!)];

    public static JsonNode? Extension(this JsonNode resource, string url) =>
        resource["extension"]?.AsArray().FirstOrDefault(e => (string?)e!["url"] == url);

    public static int Seq(this JsonNode message) => (int)message.Extension(ClinicUrls.ThreadSeq)!["valueInteger"]!;
    public static int Unread(this JsonNode header) => (int)header.Extension(ClinicUrls.ThreadUnread)!["valueUnsignedInt"]!;
    public static string? Text(this JsonNode message) => (string?)message["payload"]?[0]?["contentString"];

    public static JsonObject Part(this JsonNode extension, string url) => extension["extension"]!.AsArray().First(e => (string?)e!["url"] == url)!.AsObject();

    private static Task<Got> Call(Client by, string path, JsonArray parameters) =>
        by.Post(path, new JsonObject { ["resourceType"] = "Parameters", ["parameter"] = parameters }.ToJsonString());

    private static JsonObject Value(string name, string type, string value) => new() { ["name"] = name, [type] = value };
    private static JsonObject Reference(string name, string reference) => new() { ["name"] = name, ["valueReference"] = new JsonObject { ["reference"] = reference } };
}
