using System.Globalization;
using System.Text;
using System.Text.Json;
using Fhir.Server.Core.Outcomes;

namespace Host.CommandLine;

/// <summary>Lines of one file for one $import: the text, and by its number the type of each (empty ones are left out).</summary>
public sealed record Load(string File, byte[] Text, IReadOnlyList<(long Line, string Type)> Lines)
{
    /// <summary>For issues: <c>good.ndjson, line 2</c>.</summary>
    public string Place(long line) => string.Create(CultureInfo.InvariantCulture, $"{File}, line {line}");

    /// <summary>Only these lines, by their number.</summary>
    public Load Only(IReadOnlySet<long> numbers)
    {
        var texts = Text.AsSpan();
        var kept = new MemoryStream();
        foreach (var (line, _) in Lines)
        {
            var end = texts.IndexOf((byte)'\n') + 1;
            if (numbers.Contains(line)) kept.Write(texts[..end]);
            texts = texts[end..];
        }
        return this with { Text = kept.ToArray(), Lines = [.. Lines.Where(l => numbers.Contains(l.Line))] };
    }
}

/// <summary>Reads a file of NDJSON in loads of some megabytes: however long it is, no more of it is held.</summary>
public static class LineFile
{
    private const int LoadBytes = 16 * 1024 * 1024;

    /// <summary>What is wrong with it, or null: all of it must be JSON before the first line is sent.</summary>
    public static async Task<Issue?> MisfitAsync(string file, CancellationToken stop)
    {
        var number = 0L;
        try
        {
            await foreach (var line in System.IO.File.ReadLinesAsync(file, stop))
            {
                number++;
                if (!string.IsNullOrWhiteSpace(line)) JsonElement.Parse(line);
            }
            return null;
        }
        catch (JsonException)
        {
            return new Issue(IssueKind.Invalid, string.Create(CultureInfo.InvariantCulture, $"This is not JSON (line {number})."));
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return new Issue(IssueKind.Invalid, "This file cannot be read.");
        }
    }

    public static async IAsyncEnumerable<Load> LoadsAsync(string file, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stop)
    {
        var (text, lines, number) = (new MemoryStream(), new List<(long, string)>(), 0L);
        await foreach (var line in System.IO.File.ReadLinesAsync(file, stop))
        {
            number++;
            if (string.IsNullOrWhiteSpace(line)) continue;
            lines.Add((number, TypeOf(line)));
            text.Write(Encoding.UTF8.GetBytes(line));
            text.WriteByte((byte)'\n');
            if (text.Length < LoadBytes) continue;
            yield return new(file, text.ToArray(), lines);
            (text, lines) = (new(), []);
        }
        if (lines.Count > 0) yield return new(file, text.ToArray(), lines);
    }

    private static string TypeOf(string line) =>
        JsonElement.Parse(line) is { ValueKind: JsonValueKind.Object } resource && resource.TryGetProperty("resourceType", out var type) && type.ValueKind == JsonValueKind.String ? type.GetString()! : "";
}
