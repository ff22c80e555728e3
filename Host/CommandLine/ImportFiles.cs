using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Fhir.Server.Core.Outcomes;

namespace Host.CommandLine;

/// <summary>One Bundle to send: its text, the type of the resource in each entry (null = the entry writes none), and where it came from.</summary>
public sealed record Parcel(string From, ReadOnlyMemory<byte> Body, IReadOnlyList<string?> Types)
{
    /// <summary>The same resources one by one, for lines that merely stood beside a refused one; empty for a Bundle of somebody's own making.</summary>
    public IReadOnlyList<Parcel> OneByOne { get; init; } = [];
}

/// <summary>Reads what can be imported: bundles (transaction, batch, collection), single resources, and NDJSON.</summary>
public static class ImportFiles
{
    private const int LinesPerParcel = 200;

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

    /// <summary>The parcels of one file; all of it must be JSON before the first is sent.</summary>
    public static async Task<Result<IReadOnlyList<Parcel>>> ReadAsync(string file, CancellationToken stop)
    {
        try
        {
            return IsLines(file) ? await LinesAsync(file, stop) : Document(file, await File.ReadAllBytesAsync(file, stop));
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

    private static Result<IReadOnlyList<Parcel>> Document(string file, byte[] text)
    {
        var body = Unmarked(text);
        using var json = JsonDocument.Parse(body);
        var root = json.RootElement;
        return (TypeOf(root), Text(root, "type")) switch
        {
            ("Bundle", "transaction" or "batch") => new[] { new Parcel(file, body, Types(root)) },
            ("Bundle", "collection") => new[] { Transaction(file, Entries(root).Select(e => (Text(e, "fullUrl"), Resource: Child(e, "resource"))).Where(e => e.Resource is not null).Select(e => (e.Item1, e.Resource!.Value))) },
            ("Bundle", _) => new Issue(IssueKind.Unsupported, "Only Bundles of type transaction, batch or collection can be imported.", "Bundle.type"),
            (null, _) => new Issue(IssueKind.Invalid, "This is not a FHIR resource."),
            _ => new[] { Transaction(file, [(null, root)]) },
        };
    }

    private static async Task<Result<IReadOnlyList<Parcel>>> LinesAsync(string file, CancellationToken stop)
    {
        var parcels = new List<Parcel>();
        var lines = new List<(string From, JsonElement Resource)>();
        var number = 0L;
        await foreach (var line in File.ReadLinesAsync(file, stop))
        {
            number++;
            if (string.IsNullOrWhiteSpace(line)) continue;
            try
            {
                lines.Add((string.Create(CultureInfo.InvariantCulture, $"{file}, line {number}"), JsonElement.Parse(line)));
            }
            catch (JsonException)
            {
                return new Issue(IssueKind.Invalid, string.Create(CultureInfo.InvariantCulture, $"This is not JSON (line {number})."));
            }
            if (lines.Count == LinesPerParcel) Close();
        }
        if (lines.Count > 0) Close();
        return parcels;

        void Close()
        {
            parcels.Add(Transaction(file, lines.Select(l => ((string?)null, l.Resource))) with { OneByOne = [.. lines.Select(l => Transaction(l.From, [(null, l.Resource)]))] });
            lines.Clear();
        }
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
