using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Fhir.Server.Api.Http;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;

namespace Fhir.Server.Api.Blobs;

/// <summary>
/// Keeps the content of Binary resources beside their text: what is stored says <c>"data":"blob:NAME"</c>, which is no base64 and
/// so can never come from a caller; what leaves says the content again. Base64 that was written with white space is kept as it was
/// written, under <c>text:NAME</c>.
/// </summary>
public sealed class BinaryData(BlobStore blobs)
{
    private const string Mark = "blob:", TextMark = "text:";

    /// <summary>The body of a Binary as it is stored: its content put aside.</summary>
    public async Task<Result<RequestBody>> PutAsideAsync(RequestBody body, CancellationToken stop)
    {
        var data = body.Resource["data"];
        if (data.Text is null) return body;
        if (Decode(data.Text) is not { } content) return new Issue(IssueKind.Invalid, "This is no base64.", "Binary.data") { Code = "value" };
        if (Refused(body.Resource["contentType"].Text, content, body.Resource["securityContext"]["reference"].Text) is { } issue) return issue;
        var plain = Convert.ToBase64String(content.Span) == data.Text;
        var hash = await blobs.PutAsync(plain ? content : Encoding.ASCII.GetBytes(data.Text), stop);
        return Parse(new JsonSplice(body.Json, body.Resource).Text(data, (plain ? Mark : TextMark) + Convert.ToHexStringLower(hash)).ToBytes());
    }

    /// <summary>A Binary made of raw content, as it is stored.</summary>
    public async Task<Result<RequestBody>> MakeAsync(string contentType, ReadOnlyMemory<byte> content, string? securityContext, CancellationToken stop)
    {
        if (Refused(contentType, content, securityContext) is { } issue) return issue;
        var hash = content.IsEmpty ? null : await blobs.PutAsync(content, stop);
        return Parse(Text(contentType, hash is null ? null : Mark + Convert.ToHexStringLower(hash), securityContext));
    }

    /// <summary>The version as it leaves: for a Binary with its content in place, for anything else as it is.</summary>
    public async ValueTask<ResourceVersion> PutBackAsync(ResourceVersion version, CancellationToken stop)
    {
        if (version.Key.Type != "Binary" || version.Body.IsEmpty) return version;
        if (JsonReader.Read(version.Body, DefinitionSet.R4).Failed(out _, out var binary) || HashIn(binary) is not { } hash) return version;
        var content = await blobs.GetAsync(hash, stop) ?? throw new InvalidDataException("The content of a stored Binary is missing.");
        return version with { Body = new JsonSplice(version.Body, binary).Text(binary["data"], IsText(binary) ? Encoding.ASCII.GetString(content.Span) : Convert.ToBase64String(content.Span)).ToBytes() };
    }

    /// <summary>The raw content of a stored Binary, and what its contentType says it is.</summary>
    public async Task<(string ContentType, ReadOnlyMemory<byte> Content)> ContentAsync(ResourceVersion version, CancellationToken stop)
    {
        if (JsonReader.Read(version.Body, DefinitionSet.R4).Failed(out _, out var binary)) throw new InvalidDataException("The text of a stored Binary cannot be read.");
        var content = HashIn(binary) is { } hash ? await blobs.GetAsync(hash, stop) ?? throw new InvalidDataException("The content of a stored Binary is missing.") : Decode(binary["data"].Text ?? "") ?? default;
        if (IsText(binary)) content = Decode(Encoding.ASCII.GetString(content.Span)) ?? default;
        return (binary["contentType"].Text ?? "application/octet-stream", content);
    }

    /// <summary>The name of the content that a stored Binary refers to, or null.</summary>
    internal static byte[]? HashIn(Element? binary) =>
        binary?["data"].Text is { } data && (data.StartsWith(Mark, StringComparison.Ordinal) || data.StartsWith(TextMark, StringComparison.Ordinal)) ? Convert.FromHexString(data.AsSpan(Mark.Length)) : null;

    private static bool IsText(Element binary) => binary["data"].Text!.StartsWith(TextMark, StringComparison.Ordinal);

    // What hangs on a conversation is PDF, PNG or JPEG, whatever it calls itself; other Binaries are nobody's attachment.
    private static Issue? Refused(string? contentType, ReadOnlyMemory<byte> content, string? securityContext)
    {
        if (string.IsNullOrWhiteSpace(contentType)) return new Issue(IssueKind.Invalid, "A Binary says what its content is.", "Binary.contentType") { Code = "required" };
        if (securityContext?.StartsWith("Communication/", StringComparison.Ordinal) != true) return null;
        if (content.Length > ContentKind.MostBytes) return new Issue(IssueKind.Invalid, "An attachment has at most 25 MB.", "Binary.data") { Code = "too-long" };
        return ContentKind.Of(content.Span) is { } kind && kind == contentType.Split(';')[0].Trim().ToLowerInvariant()
            ? null : new Issue(IssueKind.Invalid, "An attachment is a PDF, PNG or JPEG, and its content type says so.", "Binary.contentType") { Code = "business-rule" };
    }

    private static ReadOnlyMemory<byte>? Decode(string base64)
    {
        // White space is tolerated; Convert skips it.
        var bytes = new byte[(base64.Length / 4 * 3) + 3];
        return Convert.TryFromBase64String(base64, bytes, out var length) ? bytes.AsMemory(0, length) : null;
    }

    private static Result<RequestBody> Parse(ReadOnlyMemory<byte> json) =>
        JsonReader.Read(json, DefinitionSet.R4).Failed(out var issue, out var resource) ? issue : new RequestBody(json, resource);

    private static ReadOnlyMemory<byte> Text(string contentType, string? data, string? securityContext)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        json.WriteString("resourceType"u8, "Binary"u8);
        json.WriteString("contentType"u8, contentType);
        if (securityContext is not null)
        {
            json.WriteStartObject("securityContext"u8);
            json.WriteString("reference"u8, securityContext);
            json.WriteEndObject();
        }
        if (data is not null) json.WriteString("data"u8, data);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }
}
