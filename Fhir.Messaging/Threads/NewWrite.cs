using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fhir.Server.Api.Http;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Resources;

namespace Fhir.Messaging.Threads;

/// <summary>Resources that the house makes itself, on their way into the store: checked like those of a caller.</summary>
internal static class NewWrite
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Result<Write> Of(JsonObject resource, string id, ResourceKey? thread = null)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(resource, Plain);
        if (RequestBody.Parse(json).Failed(out var issue, out var body)) return issue;
        return new Write { Kind = WriteKind.Create, Key = new(body.Resource.Type, id), Json = body.Json, Resource = body.Resource, Thread = thread };
    }

    public static JsonObject Reference(ResourceKey key) => new() { ["reference"] = key.ToString() };

    /// <summary>A FHIR instant with milliseconds.</summary>
    public static string Instant(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
}
