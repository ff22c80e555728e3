using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fhir.Server.Core.Outcomes;

namespace Fhir.Server.Core.Patch;

/// <summary>JSON Patch on the JSON of a resource — https://www.rfc-editor.org/rfc/rfc6902, https://hl7.org/fhir/R4/http.html#patch. All operations or none.</summary>
public static class JsonPatch
{
    /// <summary>More operations in one patch are refused.</summary>
    public const int MostOperations = 1000;

    // Copies of copies double: what a patch writes in all is bounded.
    private const int MostCopied = 8 << 20;
    private const int Deepest = 512;

    private static readonly JsonDocumentOptions Reading = new() { MaxDepth = Deepest, AllowDuplicateProperties = false };
    private static readonly JsonWriterOptions Writing = new() { MaxDepth = Deepest, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The patched text; numbers that the patch does not touch stay as they are written. Id and type stay what they are.</summary>
    public static Result<ReadOnlyMemory<byte>> Apply(ReadOnlyMemory<byte> resource, ReadOnlyMemory<byte> patch)
    {
        try
        {
            return Do(resource, patch);
        }
        catch (InvalidOperationException)   // half a surrogate pair, met when its text is read
        {
            return new Issue(IssueKind.Invalid, "A text of the patch is no Unicode.") { Code = "structure" };
        }
    }

    private static Result<ReadOnlyMemory<byte>> Do(ReadOnlyMemory<byte> resource, ReadOnlyMemory<byte> patch)
    {
        if (Read(patch).Failed(out var issue, out var operations)) return issue;
        var root = JsonNode.Parse(resource.Span, null, Reading)!.AsObject();
        var (id, type) = ((string?)root["id"], (string?)root["resourceType"]);
        var copied = 0;
        for (var i = 0; i < operations.Count; i++)
        {
            var where = string.Create(CultureInfo.InvariantCulture, $"[{i}]");
            if (JsonPatchOperation.Read(operations[i], where).Failed(out issue, out var operation)) return issue;
            if (operation.Do(root, ref copied) is { } wrong) return wrong;
            if (copied > MostCopied) return new Issue(IssueKind.Invalid, "The patch writes too much.", where) { Code = "too-costly" };
        }
        if (!Is(root["id"], id) || !Is(root["resourceType"], type)) return new Issue(IssueKind.Unfit, "A patch never changes the id or the type of the resource.");
        return Write(root);
    }

    private static bool Is(JsonNode? node, string? text) => node is JsonValue value && value.TryGetValue<string>(out var now) && now == text;

    private static Result<JsonArray> Read(ReadOnlyMemory<byte> patch)
    {
        try
        {
            if (JsonNode.Parse(patch.Span, null, Reading) is not JsonArray array) return new Issue(IssueKind.Invalid, "A JSON Patch is an array of operations.") { Code = "structure" };
            return array.Count <= MostOperations ? array : new Issue(IssueKind.Invalid, $"A patch has at most {MostOperations} operations.") { Code = "too-costly" };
        }
        catch (JsonException malformed) when (malformed.LineNumber is null)
        {
            return new Issue(IssueKind.Invalid, "The text is not JSON: a member stands in it twice.") { Code = "structure" };
        }
        catch (JsonException malformed)
        {
            return new Issue(IssueKind.Invalid, $"The text is not JSON from line {malformed.LineNumber + 1}, byte {malformed.BytePositionInLine + 1} on.") { Code = "structure" };
        }
    }

    private static ReadOnlyMemory<byte> Write(JsonObject root)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Writing)) root.WriteTo(writer);
        return stream.ToArray();
    }

    internal static int SizeOf(JsonNode? node) => node is null ? 4 : Encoding.UTF8.GetByteCount(node.ToJsonString());
}
