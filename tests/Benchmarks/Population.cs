using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Benchmarks;

/// <summary>Synthea's people again and again: each copy has ids and family names of its own, all else is as it was, so that what a search finds grows with the whole.</summary>
internal sealed partial class Population
{
    private readonly List<(List<string> Lines, string Bundle)> _people = [];

    public Population(string folder)
    {
        foreach (var file in Directory.GetFiles(folder, "*.json").Order(StringComparer.Ordinal))
        {
            var bundle = JsonNode.Parse(File.ReadAllText(file))!;
            var entries = bundle["entry"]!.AsArray();
            var types = entries.ToDictionary(e => (string)e!["fullUrl"]!, e => (string)e!["resource"]!["resourceType"]!, StringComparer.Ordinal);
            var lines = entries.Select(e => Urn().Replace(e!["resource"]!.ToJsonString(), m => types.TryGetValue(m.Value, out var type) ? $"{type}/{m.Value["urn:uuid:".Length..]}" : m.Value));
            _people.Add(([.. lines], bundle.ToJsonString()));
        }
    }

    public int People => _people.Count;
    public double PerPerson => _people.Average(p => p.Lines.Count);

    /// <summary>The resources of the n-th person, one on each line.</summary>
    public IEnumerable<string> Lines(int n) => _people[n % People].Lines.Select(line => Copy(line, n / People));

    /// <summary>The same as a transaction that gives all of them new ids.</summary>
    public string Bundle(int n) => Copy(_people[n % People].Bundle, n / People);

    private static string Copy(string text, int copy)
    {
        if (copy == 0) return text;
        var turn = (uint)copy * 0x9E3779B1u;
        var moved = Uuid().Replace(text, m => string.Create(CultureInfo.InvariantCulture, $"{Convert.ToUInt32(m.Value[..8], 16) ^ turn:x8}{m.Value[8..]}"));
        return Family().Replace(moved, string.Create(CultureInfo.InvariantCulture, $"$0x{copy}"));
    }

    [GeneratedRegex("urn:uuid:[0-9a-f-]{36}", RegexOptions.NonBacktracking)]
    private static partial Regex Urn();

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", RegexOptions.NonBacktracking)]
    private static partial Regex Uuid();

    [GeneratedRegex("\"family\":\"[^\"]*", RegexOptions.NonBacktracking)]
    private static partial Regex Family();
}
