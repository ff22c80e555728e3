using System.Collections.Frozen;
using System.Text;
using System.Text.Json;

namespace Fhir.Server.Core.Definitions;

/// <summary>One record of <c>r4.ndjson</c>: its first property says what it is and of what.</summary>
internal readonly record struct DefinitionLine(string Kind, string Key, ReadOnlyMemory<byte> Json);

/// <summary>The lines of <c>r4.ndjson</c> (Profiles/r4/README.md tells their shape); a line is parsed when it is first needed.</summary>
internal sealed class DefinitionFile
{
    private const int Format = 1;
    private readonly ReadOnlyMemory<byte> _text;

    private DefinitionFile(ReadOnlyMemory<byte> text) => _text = text;

    public static DefinitionFile ReadEmbedded()
    {
        using var stream = typeof(DefinitionFile).Assembly.GetManifestResourceStream("r4.ndjson")
            ?? throw new InvalidOperationException("r4.ndjson is not embedded: run the tool in Profiles/r4.");
        var text = new byte[stream.Length];
        stream.ReadExactly(text);
        return new(text);
    }

    public IEnumerable<DefinitionLine> Lines
    {
        get
        {
            var from = 0;
            while (from < _text.Length)
            {
                var length = _text.Span[from..].IndexOf((byte)'\n');
                if (from == 0) CheckFormat(_text.Span[..length]);
                else yield return LineOf(_text.Slice(from, length));
                from += length + 1;
            }
        }
    }

    // Every record begins {"kind":"key"; the tool writes it so.
    private static DefinitionLine LineOf(ReadOnlyMemory<byte> json)
    {
        var parts = json.Span[2..];
        var kind = parts[..parts.IndexOf((byte)'"')];
        parts = parts[(kind.Length + 3)..];
        return new(Encoding.UTF8.GetString(kind), Encoding.UTF8.GetString(parts[..parts.IndexOf((byte)'"')]), json);
    }

    private static void CheckFormat(ReadOnlySpan<byte> header)
    {
        var reader = new Utf8JsonReader(header);
        using var json = JsonDocument.ParseValue(ref reader);
        if (json.RootElement.GetProperty("format").GetInt32() != Format)
            throw new InvalidOperationException("r4.ndjson has another format than this program reads.");
    }

    public static IReadOnlyList<SearchParameterDefinition> SearchParameters(DefinitionLine line)
    {
        using var json = JsonDocument.Parse(line.Json);
        return [.. json.RootElement.GetProperty("parameters").EnumerateArray().Select(p => SearchParameter(line.Key, p))];
    }

    private static SearchParameterDefinition SearchParameter(string on, JsonElement p) => new(
        p.GetProperty("code").GetString()!,
        Enum.Parse<SearchParameterType>(p.GetProperty("type").GetString()!, ignoreCase: true),
        on,
        p.TryGetProperty("expression", out var expression) ? expression.GetString() : null,
        p.TryGetProperty("targets", out var targets) ? Strings(targets) : [],
        p.TryGetProperty("components", out var components) ? [.. components.EnumerateArray().Select(Component)] : [],
        p.GetProperty("url").GetString()!);

    private static SearchComponent Component(JsonElement c) => new(c.GetProperty("code").GetString()!, c.GetProperty("expression").GetString()!);

    public static RequiredCodes Codes(DefinitionLine line)
    {
        using var json = JsonDocument.Parse(line.Json);
        return new(line.Key, [.. json.RootElement.GetProperty("systems").EnumerateArray().Select(CodesOfSystem)]);
    }

    private static CodesOfSystem CodesOfSystem(JsonElement s) => new(
        s.GetProperty("system").GetString()!,
        s.TryGetProperty("codes", out var codes) ? Strings(codes).ToFrozenSet(StringComparer.Ordinal) : null);

    public static IReadOnlyDictionary<string, IReadOnlyList<string>> Compartment(DefinitionLine line)
    {
        using var json = JsonDocument.Parse(line.Json);
        return json.RootElement.GetProperty("types").EnumerateObject()
            .ToDictionary(t => t.Name, t => Strings(t.Value), StringComparer.Ordinal);
    }

    public static IReadOnlyList<string> Strings(JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetString()!)];
}
