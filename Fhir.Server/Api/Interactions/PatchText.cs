using Fhir.Server.Api.Http;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Patch;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Fhir.Server.Api.Interactions;

/// <summary>The changes that a patch asks: a JSON Patch, or a FHIRPath Patch — https://hl7.org/fhir/R4/http.html#patch</summary>
public sealed class PatchText
{
    private const string JsonPatchType = "application/json-patch+json";
    /// <summary>What a patch may be sent as.</summary>
    public static IReadOnlyList<string> Types { get; } = [JsonPatchType, .. Formats.Types];
    private readonly Func<RequestBody, Result<ReadOnlyMemory<byte>>> _apply;

    private PatchText(Func<RequestBody, Result<ReadOnlyMemory<byte>>> apply) => _apply = apply;

    private PatchText(ReadOnlyMemory<byte> json) : this(stored => JsonPatch.Apply(stored.Json, json)) { }

    private PatchText(RequestBody parameters) : this(stored => FhirPathPatch.Apply(stored.Resource, parameters.Resource).Failed(out var issue, out var patched) ? issue : new ReadOnlyMemory<byte>(JsonWriter.Write(patched))) { }

    /// <summary>From an operation, which knows itself what it makes of a resource.</summary>
    public static PatchText By(Func<RequestBody, ReadOnlyMemory<byte>> change) => new(stored => change(stored));

    /// <summary>From a request: by its Content-Type.</summary>
    public static async Task<Result<PatchText>> ReadAsync(HttpRequest request, CancellationToken stop)
    {
        if (IsJsonPatch(request.ContentType) && request.Headers.ContentEncoding.Count == 0) return new PatchText(await RequestBody.BytesAsync(request, stop));
        return (await RequestBody.ReadAsync(request, stop)).Failed(out var issue, out var body) ? issue : new PatchText(body);
    }

    /// <summary>From an entry of a Bundle: a Parameters, or a Binary that holds a JSON Patch — https://hl7.org/fhir/R4/http.html#patch</summary>
    public static Result<PatchText> Of(RequestBody resource, string where)
    {
        if (resource.Resource.Type != "Binary") return new PatchText(resource);
        if (!IsJsonPatch(resource.Resource["contentType"].Text)) return new Issue(IssueKind.Invalid, $"A Binary that patches is {JsonPatchType}.", $"{where}.resource.contentType");
        var data = resource.Resource["data"].Text ?? "";
        var bytes = new byte[data.Length];
        return Convert.TryFromBase64String(data, bytes, out var length) ? new PatchText(bytes.AsMemory(0, length)) : new Issue(IssueKind.Invalid, "This is no base64.", $"{where}.resource.data");
    }

    /// <summary>The text that it makes of a resource.</summary>
    public Result<ReadOnlyMemory<byte>> Apply(RequestBody stored) => _apply(stored);

    private static bool IsJsonPatch(string? contentType) => MediaTypeHeaderValue.TryParse(contentType, out var type) && type.MediaType.Equals(JsonPatchType, StringComparison.OrdinalIgnoreCase);
}
