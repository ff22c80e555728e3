using System.Text.Json.Nodes;

namespace Fhir.Server.Api.Tests.Audit;

/// <summary>AuditEvents in short words.</summary>
public static class LogReading
{
    /// <summary>All events of a search, page after page.</summary>
    public static async Task<List<JsonNode>> Log(this Client reader, string query, Func<Task>? betweenPages = null)
    {
        var all = new List<JsonNode>();
        for (var url = $"/fhir/AuditEvent?{query}"; url is not null;)
        {
            var page = await reader.Get(url);
            Assert.True(page.Code == 200, page.Text);
            all.AddRange(page.Json["entry"]?.AsArray().Select(e => e!["resource"]!) ?? []);
            url = (string?)page.Json["link"]!.AsArray().FirstOrDefault(l => (string)l!["relation"]! == "next")?["url"];
            if (betweenPages is not null) await betweenPages();
        }
        return all;
    }

    public static string? Request(this JsonNode e) => e.Entities("XrequestId").Select(x => (string?)x["what"]?["identifier"]?["value"]).FirstOrDefault();
    public static IEnumerable<JsonNode> Entities(this JsonNode e, string type) => (e["entity"]?.AsArray() ?? []).Where(x => (string?)x!["type"]?["code"] == type)!;
    /// <summary>The patients that it names as such.</summary>
    public static IReadOnlyList<string> Patients(this JsonNode e) => [.. e.Entities("1").Select(x => (string)x["what"]!["reference"]!).Order(StringComparer.Ordinal)];
    public static IReadOnlyList<string> Profiles(this JsonNode e) => [.. (e["meta"]?["profile"]?.AsArray() ?? []).Select(p => ((string)p!).Split("BasicAudit.")[1])];
    public static string Purpose(this JsonNode e) => (string)e["purposeOfEvent"]![0]!["coding"]![0]!["code"]!;
    public static JsonNode? Agent(this JsonNode e, string type) => e["agent"]!.AsArray().FirstOrDefault(a => a!["type"]!["coding"]!.AsArray().Any(c => (string?)c!["code"] == type));
    public static string Subtypes(this JsonNode e) => string.Join(' ', e["subtype"]!.AsArray().Select(s => (string)s!["code"]!));
}
