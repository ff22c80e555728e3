using System.Buffers;
using System.Text.Json;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Validation;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Fhir.Server.Api.Http;

/// <summary>The resource that a request brings: its text and its tree.</summary>
public sealed class RequestBody(ReadOnlyMemory<byte> json, Element resource)
{
    private Element? _kept = resource;
    private LooseTree? _loose;

    public ReadOnlyMemory<byte> Json => json;
    public Element Resource => _kept ?? _loose!.Root;

    /// <summary>From now on the tree is read again when it is asked for.</summary>
    public void LetGo()
    {
        if (_kept is { } tree) (_loose, _kept) = (new(json, tree), null);
    }

    /// <summary>Reads a body of FHIR and checks its structure. What is no FHIR at all is refused with 415.</summary>
    public static async Task<Result<RequestBody>> ReadAsync(HttpRequest request, CancellationToken stop) =>
        (await JsonAsync(request, stop)).Failed(out var issue, out var json) ? issue : Parse(json);

    /// <summary>The same without the structure check: for who wants to hear all that is wrong at once.</summary>
    public static async Task<Result<RequestBody>> ReadUncheckedAsync(HttpRequest request, CancellationToken stop) =>
        (await JsonAsync(request, stop)).Failed(out var issue, out var json) ? issue : Reread(WithoutMark(json));

    /// <summary>The body as JSON text: XML is converted here, once, and JSON it is from then on. Of a Bundle, <paramref name="broken"/> gathers what is wrong with single entries.</summary>
    public static async Task<Result<ReadOnlyMemory<byte>>> JsonAsync(HttpRequest request, CancellationToken stop, IDictionary<int, Issue>? broken = null)
    {
        if (Formats.OfBody(request.ContentType) is not { } format || request.Headers.ContentEncoding.Count > 0) return Refusal.WrongMediaType;
        var body = await BytesAsync(request, stop);
        if (format != Format.Json && Representation.JsonOf(body, broken).Failed(out var issue, out body)) return issue;
        var deepest = request.HttpContext.RequestServices.GetRequiredService<ApiSettings>().Limits.Nesting;
        return deepest < JsonReader.MaxDepth && IsDeeper(body.Span, broken is null ? deepest : deepest + Representation.BundlesAround) ? TooDeep(deepest) : body;
    }

    /// <summary>The reader, then the structure check: every resource that is written passes here.</summary>
    public static Result<RequestBody> Parse(ReadOnlyMemory<byte> json, bool inTransaction = false)
    {
        var text = WithoutMark(json);
        if (JsonReader.Read(text, DefinitionSet.R4).Failed(out var issue, out var resource)) return issue;
        var wrong = StructureCheck.Check(resource, inTransaction);
        return wrong.Count == 0 ? new RequestBody(text, resource) : wrong[0] with { Others = [.. wrong.Skip(1)] };
    }

    /// <summary>A text that was accepted before and spliced since: only its tree is made again.</summary>
    public static Result<RequestBody> Reread(ReadOnlyMemory<byte> json) =>
        JsonReader.Read(json, DefinitionSet.R4).Failed(out var issue, out var resource) ? issue : new RequestBody(json, resource);

    /// <summary>The whole body; one that is too large is a 413.</summary>
    public static async Task<ReadOnlyMemory<byte>> BytesAsync(HttpRequest request, CancellationToken stop)
    {
        var most = request.HttpContext.RequestServices.GetRequiredService<ApiSettings>().MaxBodyBytes;
        if (request.ContentLength > most) throw TooLarge;
        if (request.ContentLength is { } length)
        {
            var bytes = new byte[length];
            await request.Body.ReadExactlyAsync(bytes, stop);
            return bytes;
        }
        using var buffer = new MemoryStream();
        await request.Body.CopyToAsync(buffer, stop);
        return buffer.Length > most ? throw TooLarge : buffer.ToArray();
    }

    private static Issue TooDeep(int deepest) => new(IssueKind.Unsupported, $"Objects and lists stand in each other at most {deepest} deep here.") { Code = "too-costly" };

    // What is no JSON is told by who reads it next.
    private static bool IsDeeper(ReadOnlySpan<byte> json, int deepest)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 1000 });
        try
        {
            while (reader.Read())
                if (reader.CurrentDepth >= deepest && reader.TokenType is (JsonTokenType.StartObject or JsonTokenType.StartArray)) return true;
            return false;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static BadHttpRequestException TooLarge => new("The body is too large.", StatusCodes.Status413PayloadTooLarge);

    // A byte order mark is tolerated and not kept.
    private static ReadOnlyMemory<byte> WithoutMark(ReadOnlyMemory<byte> json) => json.Span.StartsWith("\uFEFF"u8) ? json[3..] : json;
}
