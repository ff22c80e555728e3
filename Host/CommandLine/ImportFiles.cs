using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Fhir.Server.Core.Outcomes;

namespace Host.CommandLine;

/// <summary>One Bundle to send: its text, the type of the resource in each entry (null = the entry writes none), and where it came from.</summary>
public sealed record Parcel(string From, ReadOnlyMemory<byte> Body, IReadOnlyList<string?> Types);

/// <summary>Reads what can be imported beside NDJSON: bundles (transaction, batch, collection) and single resources.</summary>
public static class ImportFiles
{
    /// <summary>The files that the words name, a folder standing for all *.json and *.ndjson in it; an issue for each word that names nothing.</summary>
    public static (IReadOnlyList<string> Files, IReadOnlyList<string> Absent) Find(IEnumerable<string> words)
    {
        var (files, absent) = (new List<string>(), new List<string>());
        foreach (var word in words)
        {
            if (File.Exists(word)) files.Add(word);
            else if (Directory.Exists(word)) files.AddRange(In(word));
            else absent.Add(word);
        }
        return (files, absent);
    }

    private static IEnumerable<string> In(string folder) => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .Where(file => IsLines(file) || file.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
        .Order(StringComparer.Ordinal);

    public static bool IsLines(string file) => file.EndsWith(".ndjson", StringComparison.OrdinalIgnoreCase);

    /// <summary>The Bundle to send for one file.</summary>
    public static async Task<Result<Parcel>> ReadAsync(string file, CancellationToken stop)
    {
        try
        {
            return Document(file, await File.ReadAllBytesAsync(file, stop));
        }
        catch (JsonException broken)
        {
            return new Issue(IssueKind.Invalid, string.Create(CultureInfo.InvariantCulture, $"This is not JSON (line {broken.LineNumber + 1})."));
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return new Issue(IssueKind.Invalid, "This file cannot be read.");
        }
    }

    private static Result<Parcel> Document(string file, byte[] text)
    {
        var body = Unmarked(text);
        using var json = JsonDocument.Parse(body);
        var root = json.RootElement;
        return (TypeOf(root), Text(root, "type")) switch
        {
            ("Bundle", "transaction" or "batch") => new Parcel(file, body, Types(root)),
            ("Bundle", "collection") => Transaction(file, Entries(root).Select(e => (Text(e, "fullUrl"), Resource: Child(e, "resource"))).Where(e => e.Resource is not null).Select(e => (e.Item1, e.Resource!.Value))),
            ("Bundle", _) => new Issue(IssueKind.Unsupported, "Only Bundles of type transaction, batch or collection can be imported.", "Bundle.type"),
            (null, _) => new Issue(IssueKind.Invalid, "This is not a FHIR resource."),
            _ => Transaction(file, [(null, root)]),
        };
    }

    // What has an id keeps it (PUT), the rest is created. The resource's own text is copied as it is: 1.00 stays 1.00.
    private static Parcel Transaction(string from, IEnumerable<(string? FullUrl, JsonElement Resource)> resources)
    {
        var output = new ArrayBufferWriter<byte>();
        var types = new List<string?>();
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WriteString("resourceType", "Bundle");
            json.WriteString("type", "transaction");
            json.WriteStartArray("entry");
            foreach (var (fullUrl, resource) in resources)
            {
                var (type, id) = (TypeOf(resource) ?? "", Text(resource, "id"));
                types.Add(type);
                json.WriteStartObject();
                if (fullUrl is not null) json.WriteString("fullUrl", fullUrl);
                json.WritePropertyName("resource");
                json.WriteRawValue(resource.GetRawText(), skipInputValidation: true);
                json.WriteStartObject("request");
                json.WriteString("method", id is null ? "POST" : "PUT");
                json.WriteString("url", id is null ? type : $"{type}/{id}");
                json.WriteEndObject();
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return new(from, output.WrittenMemory, types);
    }

    private static List<string?> Types(JsonElement bundle) => [.. Entries(bundle).Select(e => Child(e, "resource") is { } resource ? TypeOf(resource) : null)];

    private static IEnumerable<JsonElement> Entries(JsonElement bundle) =>
        Child(bundle, "entry") is { ValueKind: JsonValueKind.Array } entries ? entries.EnumerateArray() : [];

    private static JsonElement? Child(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) ? value : null;

    private static string? Text(JsonElement parent, string name) => Child(parent, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private static string? TypeOf(JsonElement resource) => Text(resource, "resourceType");

    private static ReadOnlyMemory<byte> Unmarked(byte[] text) => text is [0xEF, 0xBB, 0xBF, ..] ? text.AsMemory(3) : text;
}
