using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Fhir.Server.Core.Tests.Terminology;

/// <summary>
/// Compares an answer with the expected one, by the rules of the terminology tests: order never matters, <c>$type$</c> stands for any text
/// of that form, <c>$optional$</c> and <c>$optional-properties$</c> may be absent, <c>$external:n:text$</c> must have the text in it.
/// Issue.location is deprecated and says what Issue.expression says: it may be absent on either side, as the set has it both ways.
/// </summary>
internal static class TxComparison
{
    /// <summary>Null when it is as expected, otherwise the first difference.</summary>
    public static string? Difference(JsonNode? expected, JsonNode? actual, string path = "") => (expected, actual) switch
    {
        (JsonObject e, JsonObject a) => Objects(e, a, path),
        (JsonArray e, JsonArray a) => Arrays(e, a, path, countOnly: false),
        (JsonValue e, JsonValue a) => Values(e, a, path),
        _ => $"{path}: another kind of value",
    };

    private static string? Objects(JsonObject expected, JsonObject actual, string path)
    {
        var optional = Names(expected, "$optional-properties$");
        var countOnly = Names(expected, "$count-arrays$");
        foreach (var (name, value) in actual)
        {
            if (!expected.ContainsKey(name))
            {
                if (name == "location" && actual.ContainsKey("severity")) continue;
                return $"{path}: unexpected {name}";
            }
            var difference = value is JsonArray a && expected[name] is JsonArray e ? Arrays(e, a, $"{path}.{name}", countOnly.Contains(name)) : Difference(expected[name], value, $"{path}.{name}");
            if (difference is not null) return difference;
        }
        foreach (var (name, value) in expected)
            if (name[0] != '$' && name != "location" && !actual.ContainsKey(name) && !optional.Contains(name) && !IsOptional(value)) return $"{path}: missing {name}";
        return null;
    }

    private static string? Arrays(JsonArray expected, JsonArray actual, string path, bool countOnly)
    {
        if (countOnly) return expected.Count == actual.Count ? null : $"{path}: {actual.Count} instead of {expected.Count}";
        var (open, closest) = (actual.ToList(), (string?)null);
        foreach (var one in expected.OrderBy(IsOptional))
        {
            var found = open.FindIndex(a => Difference(one, a) is null);
            if (found >= 0) open.RemoveAt(found);
            else if (!IsOptional(one)) return $"{path}: nothing like {Short(one)}; there is {string.Join(" and ", open.Select(Short))}";
        }
        return open.Count == 0 ? closest : $"{path}: unexpected {Short(open[0])}";
    }

    private static string Short(JsonNode? node)
    {
        var text = node?.ToJsonString(Plain) ?? "nothing";
        return text.Length > 500 ? text[..500] + "…" : text;
    }

    private static readonly System.Text.Json.JsonSerializerOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static bool IsOptional(JsonNode? node) => node switch
    {
        JsonObject o => o.ContainsKey("$optional$"),
        JsonArray a => a.Count > 0 && a.All(IsOptional),
        _ => false,
    };

    private static HashSet<string> Names(JsonObject node, string key) => node[key] is JsonArray names ? [.. names.Select(n => n!.GetValue<string>())] : [];

    private static string? Values(JsonValue expected, JsonValue actual, string path)
    {
        var (e, a) = (expected.ToString(), actual.ToString());
        if (e == a) return null;
        var matches = e is ['$', .., '$'] ? Pattern(e[1..^1], a) : e.Contains("$version$", StringComparison.Ordinal) && a.StartsWith(e[..e.IndexOf('$', StringComparison.Ordinal)], StringComparison.Ordinal);
        return matches ? null : $"{path}: '{a}' instead of '{e}'";
    }

    private static bool Pattern(string pattern, string actual)
    {
        var parts = pattern.Split(':');
        return parts[0] switch
        {
            "id" => Regex.IsMatch(actual, @"\A[A-Za-z0-9\-.]{1,64}\z"),
            "uuid" => Regex.IsMatch(actual, @"\A(urn:uuid:)?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\z"),
            "instant" => DateTimeOffset.TryParse(actual, System.Globalization.CultureInfo.InvariantCulture, out _),
            "choice" => pattern["choice:".Length..].Split('|').Contains(actual),
            "fragments" => pattern["fragments:".Length..].Split('|', ';').All(f => actual.Contains(f, StringComparison.Ordinal)),
            "external" => parts.Length < 3 || actual.Contains(string.Join(':', parts[2..]), StringComparison.Ordinal),
            _ => false,
        };
    }
}
