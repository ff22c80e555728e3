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
/// so can never come from a caller; what leaves says the content again.
/// </summary>
public sealed class BinaryData(BlobStore blobs)
{
    private const string Mark = "blob:", TextMark = "text:";   // the second: the base64 as it was written, with its white space

    /// <summary>The body of a Binary as it is stored: its content put aside.</summary>
    public async Task<Result<RequestBody>> PutAsideAsync(RequestBody body, CancellationToken stop)
    {
        var data = body.Resource["data"];
        if (data.Text is null) return body;
        if (Decode(data.Text) is not { } content) return new Issue(IssueKind.Invalid, "This is no base64.", "Binary.data") { Code = "value" };
        if (Refused(body.Resource["contentType"].Text, content, body.Resource["securityContext"]["reference"].Text) is { } issue) return issue;
        var (mark, kept) = Convert.ToBase64String(content.Span) == data.Text ? (Mark, content) : (TextMark, Encoding.ASCII.GetBytes(data.Text));
        var hash = await blobs.PutAsync(kept, stop);
        return Parse(new JsonSplice(body.Json, body.Resource).Text(data, mark + Convert.ToHexStringLower(hash)).ToBytes());
    }

    /// <summary>A Binary made of raw content, as it is stored.</summary>
    public async Task<Result<RequestBody>> MakeAsync(string contentType, ReadOnlyMemory<byte> content, string? securityContext, CancellationToken stop)
    {
        if (Refused(contentType, content, securityContext) is { } issue) return issue;
        if (RequestBody.Parse(Text(contentType, null, securityContext)).Failed(out issue, out _)) return issue;
        var hash = content.IsEmpty ? null : await blobs.PutAsync(content, stop);
        return Parse(Text(contentType, hash is null ? null : Mark + Convert.ToHexStringLower(hash), securityContext));
    }

    /// <summary>The version as it leaves: for a Binary with its content in place, for anything else as it is.</summary>
    public async ValueTask<ResourceVersion> PutBackAsync(ResourceVersion version, CancellationToken stop)
    {
        if (version.Key.Type != "Binary" || version.Body.IsEmpty) return version;
        var binary = Tree(version);
        if (HashIn(binary) is not { } hash) return version;
        var kept = await KeptAsync(hash, stop);
        var data = IsText(binary) ? Encoding.ASCII.GetString(kept.Span) : Convert.ToBase64String(kept.Span);
        return version with { Body = new JsonSplice(version.Body, binary).Text(binary["data"], data).ToBytes() };
    }

    /// <summary>The raw content of a stored Binary, and what its contentType says it is.</summary>
    public async Task<(string ContentType, ReadOnlyMemory<byte> Content)> ContentAsync(ResourceVersion version, CancellationToken stop)
    {
        var binary = Tree(version);
        var kept = HashIn(binary) is { } hash ? await KeptAsync(hash, stop) : Encoding.ASCII.GetBytes(binary["data"].Text ?? "");
        var content = IsText(binary) || HashIn(binary) is null ? Decode(Encoding.ASCII.GetString(kept.Span)) ?? default : kept;
        return (binary["contentType"].Text ?? "application/octet-stream", content);
    }

    private static Element Tree(ResourceVersion version) =>
        JsonReader.Read(version.Body, DefinitionSet.R4).Failed(out _, out var binary) ? throw new InvalidDataException("The text of a stored Binary cannot be read.") : binary;

    private async Task<ReadOnlyMemory<byte>> KeptAsync(byte[] hash, CancellationToken stop) =>
        await blobs.GetAsync(hash, stop) ?? throw new InvalidDataException("The content of a stored Binary is missing.");

    private static bool IsText(Element binary) => binary["data"].Text?.StartsWith(TextMark, StringComparison.Ordinal) == true;

    /// <summary>The name of the content that a stored Binary refers to, or null.</summary>
    internal static byte[]? HashIn(Element? binary) => binary?["data"].Text switch
    {
        { } data when data.StartsWith(Mark, StringComparison.Ordinal) => Convert.FromHexString(data.AsSpan(Mark.Length)),
        { } data when data.StartsWith(TextMark, StringComparison.Ordinal) => Convert.FromHexString(data.AsSpan(TextMark.Length)),
        _ => null,
    };

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
