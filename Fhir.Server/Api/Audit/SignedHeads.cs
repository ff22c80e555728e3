using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Fhir.Server.Store.Audit;

namespace Fhir.Server.Api.Audit;

/// <summary>How far all chains had come at a moment, signed together: one line of JSON. Series = one run of one server; K counts its lines from 1.</summary>
public sealed record SignedHeads(string Series, long K, string At, IReadOnlyList<ChainHead> Heads)
{
    public string ToLine(AuditKey key)
    {
        var head = Json(WriteHead);
        return Encoding.UTF8.GetString(Json(json =>
        {
            json.WriteStartObject();
            json.WritePropertyName("head");
            json.WriteRawValue(head);
            json.WriteString("key", key.Id);
            json.WriteBase64String("signature", key.Sign(head));
            json.WriteEndObject();
        }));
    }

    private void WriteHead(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("series", Series);
        json.WriteNumber("k", K);
        json.WriteString("at", At);
        json.WriteStartArray("chains");
        foreach (var (chain, n, hash) in Heads)
        {
            json.WriteStartObject();
            json.WriteString("stream", chain.Stream);
            json.WriteNumber("chain", chain.Chain);
            json.WriteNumber("n", n);
            json.WriteBase64String("hash", hash);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static byte[] Json(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer)) write(json);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>A line that was signed by this key; null when it is altered in any way. A line of another key is read without a look at its signature.</summary>
    public static (SignedHeads Heads, bool Own)? Read(string line, AuditKey key)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            var (root, head) = (json.RootElement, json.RootElement.GetProperty("head"));
            var own = root.GetProperty("key").GetString() == key.Id;
            if (own && !key.IsSignature(Encoding.UTF8.GetBytes(head.GetRawText()), root.GetProperty("signature").GetBytesFromBase64())) return null;
            return (Read(head), own);
        }
        catch (Exception altered) when (altered is JsonException or KeyNotFoundException or FormatException or InvalidOperationException)
        {
            return null;
        }
    }

    private static SignedHeads Read(JsonElement head) => new(
        head.GetProperty("series").GetString()!, head.GetProperty("k").GetInt64(), head.GetProperty("at").GetString()!,
        [.. head.GetProperty("chains").EnumerateArray().Select(c => new ChainHead(
            new(c.GetProperty("stream").GetString()!, c.GetProperty("chain").GetInt64()), c.GetProperty("n").GetInt64(), c.GetProperty("hash").GetBytesFromBase64()))]);

    internal static string Instant(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
