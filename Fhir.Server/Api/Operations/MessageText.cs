using System.Buffers;
using System.Text.Json;
using Fhir.Server.Api.Http;
using Fhir.Server.Api.Interactions;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Outcomes;
using Microsoft.AspNetCore.Http;

namespace Fhir.Server.Api.Operations;

/// <summary>A message as it came: a Bundle whose first entry is its MessageHeader — https://hl7.org/fhir/R4/messaging.html</summary>
internal sealed class MessageText
{
    private static readonly Issue NoMessage = new(IssueKind.Invalid, "Only a Bundle of type message, whose first entry is a MessageHeader, is taken here.", "Bundle");
    private static readonly Issue OnlyNow = new(IssueKind.Unsupported, "A message is answered at once here: async and response-url are not known.", "async") { Code = "not-supported" };
    private readonly BundleText _bundle;
    private readonly RequestBody _header;

    private MessageText(BundleText bundle, RequestBody header) => (_bundle, _header) = (bundle, header);

    public Element Header => _header.Resource;

    /// <summary>What the MessageHeader is called, by its id or else its fullUrl; null = nothing.</summary>
    public string? Id => Header["id"].Text ?? _bundle.Entries[0].FullUrl;
    public string HeaderName => MessageOnce.Hash($"header\n{Id}");
    /// <summary>What the Bundle is called, or else the MessageHeader.</summary>
    public string BundleName => IdentifierOf(_bundle.Identifier) is { } identifier ? MessageOnce.Hash($"bundle\n{identifier.System}\n{identifier.Value}") : HeaderName;
    public bool HasName => Id is not null;

    public static async Task<Result<MessageText>> ReadAsync(HttpRequest request, int most, CancellationToken stop)
    {
        if (request.Query.Any(p => (p.Key == "async" && p.Value != "false") || p.Key == "response-url")) return OnlyNow;
        var broken = new Dictionary<int, Issue>();
        if ((await RequestBody.JsonAsync(request, stop, broken)).Failed(out var issue, out var json)) return issue;
        if (BundleText.Read(json, broken, most).Failed(out issue, out var bundle)) return issue;
        if (bundle.ResourceType == "Parameters" && (Unwrapped(json).Failed(out issue, out json) || BundleText.Read(json, broken, most).Failed(out issue, out bundle))) return issue;
        if (bundle is not { ResourceType: "Bundle", Type: "message", Entries: [{ Resource.IsEmpty: false } first, ..] }) return NoMessage;
        if (RequestBody.Parse(first.Resource, inTransaction: true).Failed(out issue, out var header)) return Refusal.At(issue, "Bundle.entry[0].resource");
        return header.Resource.Type == "MessageHeader" ? new MessageText(bundle, header) : NoMessage;
    }

    private static Result<ReadOnlyMemory<byte>> Unwrapped(ReadOnlyMemory<byte> json)
    {
        if (JsonReader.Read(json, DefinitionSet.R4).Failed(out var issue, out var resource)) return issue;
        if (Parameters.Of(resource, ["content", "async", "response-url"]).Failed(out issue, out var parameters)) return issue;
        if (parameters.Has("response-url") || parameters.Each("async").Any(p => p["value"].Text != "false")) return OnlyNow;
        return parameters.Each("content").Select(p => p["resource"]).FirstOrDefault(r => r.Exists) is { } content ? json[content.Start..content.End] : NoMessage;
    }

    /// <summary>
    /// Its resources as the entries of a transaction: what stands under an address of this server is changed, what has an identifier that is
    /// here already is that resource, and everything else is new.
    /// </summary>
    public Result<BundleText> ToTransaction(string baseUrl, int most)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WriteString("resourceType", "Bundle");
            json.WriteString("type", "transaction");
            json.WriteStartArray("entry");
            for (var i = 0; i < _bundle.Entries.Count; i++)
            {
                var entry = _bundle.Entries[i];
                if (entry.Broken is { } broken) return Refusal.At(broken, Place(i));
                if (entry.Resource.IsEmpty) return new Issue(IssueKind.Invalid, "Every entry of a message brings a resource.", Place(i)) { Code = "required" };
                WriteEntry(json, entry.FullUrl, i == 0 ? Named() : entry.Resource, baseUrl);
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return BundleText.Read(output.WrittenMemory, new Dictionary<int, Issue>(), most);
    }

    private static string Place(int index) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"Bundle.entry[{index}].resource");

    private byte[] Named() => new JsonSplice(_header.Json, Header).Tag(MessageOnce.System, $"{BundleName}.{HeaderName}").ToBytes();

    private static void WriteEntry(Utf8JsonWriter json, string? fullUrl, ReadOnlyMemory<byte> resource, string baseUrl)
    {
        var root = JsonElement.Parse(resource.Span);
        var (type, id) = (TextOf(root, "resourceType") ?? "", TextOf(root, "id"));
        var here = id is not null && fullUrl == $"{baseUrl}/{type}/{id}" && type != "MessageHeader";
        json.WriteStartObject();
        if (fullUrl is not null) json.WriteString("fullUrl", fullUrl);
        json.WritePropertyName("resource");
        json.WriteRawValue(resource.Span, skipInputValidation: true);
        json.WriteStartObject("request");
        json.WriteString("method", here ? "PUT" : "POST");
        json.WriteString("url", here ? $"{type}/{id}" : type);
        if (!here && IdentifierOf(root) is var (system, value) && IsFoundByIdentifier(type)) json.WriteString("ifNoneExist", $"identifier={Uri.EscapeDataString($"{Escaped(system)}|{Escaped(value)}")}");
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static bool IsFoundByIdentifier(string type) => DefinitionSet.R4.SearchParameters(type).Any(p => p.Code == "identifier");

    private static (string System, string Value)? IdentifierOf(ReadOnlyMemory<byte> identifier) => identifier.IsEmpty ? null : Whole(JsonElement.Parse(identifier.Span));

    // The first that says whose it is; of several, each would have to mean the same one.
    private static (string System, string Value)? IdentifierOf(JsonElement resource)
    {
        if (!resource.TryGetProperty("identifier", out var identifier)) return null;
        return identifier.ValueKind == JsonValueKind.Array ? identifier.EnumerateArray().Select(Whole).FirstOrDefault(one => one is not null) : Whole(identifier);
    }

    private static (string System, string Value)? Whole(JsonElement identifier) =>
        TextOf(identifier, "system") is { Length: > 0 } system && TextOf(identifier, "value") is { Length: > 0 } value ? (system, value) : null;

    private static string? TextOf(JsonElement of, string name) => of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;

    // https://hl7.org/fhir/R4/search.html#escaping
    private static string Escaped(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(",", "\\,", StringComparison.Ordinal).Replace("$", "\\$", StringComparison.Ordinal).Replace("|", "\\|", StringComparison.Ordinal);
}
