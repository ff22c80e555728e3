using System.Text.Json;
using System.Text.Json.Nodes;
using Fhir.Server.Core.Tests;

namespace Fhir.Server.Api.Tests.Interactions;

/// <summary>Data that others made: HL7's examples, and synthetic patients of realistic size.</summary>
public sealed class PublicDataTests
{
    /// <summary>Refused because it breaks R4 itself: items without the linkId that R4 requires.</summary>
    private const string WrongItself = "Questionnaire-qs1.json";

    [Fact]
    public async Task All_official_examples_survive_store_and_read_with_their_values_as_written()
    {
        var files = Directory.GetFiles(TestFolders.Data(Path.Combine("r4-examples", "json")), "*.json");
        Assert.Equal(722, files.Length);
        await using var house = await House.OpenAsync(furnished: false);
        var integrator = house.As("integrator");
        var changed = new List<string>();
        foreach (var file in files)
        {
            var text = await File.ReadAllTextAsync(file);
            using var sent = JsonDocument.Parse(text);
            var (type, id) = (sent.RootElement.GetProperty("resourceType").GetString(), sent.RootElement.GetProperty("id").GetString());
            var append = type == "AuditEvent";   // it can only be appended, and is shown with who posted it
            var stored = append ? await integrator.Post("/fhir/AuditEvent", text) : await integrator.Put($"/fhir/{type}/{id}", text);
            if (Path.GetFileName(file) == WrongItself)
            {
                Assert.Contains("Questionnaire.item[0].item[0].linkId", stored.Places);
                continue;
            }
            Assert.True(stored.Code is 200 or 201, $"{Path.GetFileName(file)}: {stored.Code} {stored.Text}");
            var read = await integrator.Get($"/fhir/{type}/{(append ? stored.Id : id)}", ("Accept", "application/fhir+json"));
            using var got = JsonDocument.Parse(read.Text);
            if (!append && !Same(sent.RootElement, got.RootElement, isRoot: true)) changed.Add(Path.GetFileName(file));
        }
        Assert.Empty(changed);
    }

    // Every value by its text (1.00 is not 1.0); at the root the server's own id and version are left out.
    private static bool Same(JsonElement a, JsonElement b, bool isRoot = false, bool isMeta = false)
    {
        if (a.ValueKind != b.ValueKind) return false;
        if (a.ValueKind == JsonValueKind.Array) return a.GetArrayLength() == b.GetArrayLength() && a.EnumerateArray().Zip(b.EnumerateArray()).All(p => Same(p.First, p.Second));
        if (a.ValueKind != JsonValueKind.Object) return a.ValueKind == JsonValueKind.String ? a.GetString() == b.GetString() : a.GetRawText() == b.GetRawText();
        var (left, right) = (Members(a, isRoot, isMeta), Members(b, isRoot, isMeta));
        return left.Count == right.Count && left.Zip(right).All(p => p.First.Name == p.Second.Name && Same(p.First.Value, p.Second.Value, isMeta: isRoot && p.First.Name == "meta"));
    }

    private static List<JsonProperty> Members(JsonElement element, bool isRoot, bool isMeta) => [.. element.EnumerateObject()
        .Where(p => !(isRoot && p.Name == "id") && !(isMeta && p.Name is "versionId" or "lastUpdated"))
        .Where(p => !(isRoot && p.Name == "meta" && Members(p.Value, false, true).Count == 0))
        .OrderBy(p => p.Name, StringComparer.Ordinal)];

    [Fact]
    public async Task Every_Synthea_bundle_is_taken_whole_and_the_counts_are_the_files()
    {
        var files = Directory.GetFiles(TestFolders.Data("synthea"), "*.json").Order(StringComparer.Ordinal).ToList();
        if (Environment.GetEnvironmentVariable("SAMENSPRAAK_LONG") != "1") files = [.. files.Take(12)];
        await using var house = await House.OpenAsync(furnished: false);
        var integrator = house.As("integrator");
        var expected = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var file in files)
        {
            var text = await File.ReadAllTextAsync(file);
            foreach (var entry in JsonNode.Parse(text)!["entry"]!.AsArray())
            {
                var type = (string)entry!["resource"]!["resourceType"]!;
                expected[type] = expected.GetValueOrDefault(type) + 1;
            }
            var answer = await integrator.Post("/fhir", text);
            Assert.Equal(200, answer.Code);
            Assert.All(answer.Json["entry"]!.AsArray(), e => Assert.StartsWith("201", (string)e!["response"]!["status"]!, StringComparison.Ordinal));
        }
        foreach (var (type, count) in expected)
            Assert.Equal(count, (int)(await integrator.Get($"/fhir/{type}?_summary=count")).Json["total"]!);
    }
}
