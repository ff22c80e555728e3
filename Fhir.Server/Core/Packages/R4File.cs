using System.IO.Compression;
using System.Text;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;

namespace Fhir.Server.Core.Packages;

/// <summary>HL7's own conformance resources: the embedded <c>r4-conformance.ndjson.br</c> (Profiles/r4/README.md), one resource a line.</summary>
internal static class R4File
{
    // A little more than the text's 11.4 MB, so that it is unpacked into one array and stays there.
    private const int Capacity = 12 << 20;

    public static IEnumerable<Definition> Read()
    {
        var text = Unpacked();
        for (int from = 0, length; from < text.Length; from += length + 1)
        {
            length = text.Span[from..].IndexOf((byte)'\n');
            yield return DefinitionOf(text.Slice(from, length));
        }
    }

    private static ReadOnlyMemory<byte> Unpacked()
    {
        using var packed = typeof(R4File).Assembly.GetManifestResourceStream("r4-conformance.ndjson.br")
            ?? throw new InvalidOperationException("r4-conformance.ndjson.br is not embedded: run the tool in Profiles/r4.");
        using var brotli = new BrotliStream(packed, CompressionMode.Decompress);
        using var text = new MemoryStream(Capacity);
        brotli.CopyTo(text);
        return text.GetBuffer().AsMemory(0, (int)text.Length);
    }

    // Every line begins {"resourceType":"X","url":"Y","version":"Z" (version: mostly); the tool writes it so.
    private static Definition DefinitionOf(ReadOnlyMemory<byte> json)
    {
        var rest = json.Span;
        var type = Value(ref rest, "{\"resourceType\":\""u8);
        var url = Value(ref rest, ",\"url\":\""u8);
        var version = rest.StartsWith(",\"version\":\""u8) ? Value(ref rest, ",\"version\":\""u8) : null;
        return new(type!, url!, version, () => Parse(json));
    }

    private static string Value(ref ReadOnlySpan<byte> rest, ReadOnlySpan<byte> before)
    {
        rest = rest[before.Length..];
        var value = Encoding.UTF8.GetString(rest[..rest.IndexOf((byte)'"')]);
        rest = rest[(rest.IndexOf((byte)'"') + 1)..];
        return value;
    }

    private static Element Parse(ReadOnlyMemory<byte> json) => JsonReader.Read(json, DefinitionSet.R4).Failed(out var issue, out var resource)
        ? throw new InvalidOperationException($"r4-conformance.ndjson.br has a resource that cannot be read: {issue.Text}")
        : resource;
}
