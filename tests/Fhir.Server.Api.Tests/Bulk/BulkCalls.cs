using System.Text.Json.Nodes;

namespace Fhir.Server.Api.Tests.Bulk;

/// <summary>The words of a bulk client.</summary>
public static class BulkCalls
{
    public static Task<Got> KickOff(this Client client, string path) => client.Get(path, ("Prefer", "respond-async"));

    /// <summary>The manifest of an export that must be done.</summary>
    public static async Task<JsonNode> Export(this Client client, string path)
    {
        var started = await client.KickOff(path);
        Assert.True(started.Code == 202, $"{started.Code} {started.Text}");
        return await client.Manifest(started);
    }

    public static string Place(this Got started) => started.Content.ContentLocation!.ToString();

    public static async Task<JsonNode> Manifest(this Client client, Got started)
    {
        var got = await client.Get(started.Place());
        for (var i = 0; got.Code == 202 && i < 200; i++)
        {
            Assert.True(got.Headers.Contains("X-Progress") && got.Headers.RetryAfter is not null);
            await Task.Delay(50);
            got = await client.Get(started.Place());
        }
        Assert.True(got.Code == 200, $"{got.Code} {got.Text}");
        return got.Json;
    }

    public static IEnumerable<string> Files(this JsonNode manifest, string list = "output", string? type = null) =>
        manifest[list]!.AsArray().Where(f => type is null || (string)f!["type"]! == type).Select(f => (string)f!["url"]!);

    /// <summary>All lines of all files, each a resource.</summary>
    public static async Task<List<JsonNode>> Lines(this Client client, JsonNode manifest, string list = "output", string? type = null)
    {
        var lines = new List<JsonNode>();
        foreach (var url in manifest.Files(list, type))
        {
            var file = await client.Get(url, ("Accept", "application/fhir+ndjson"));
            Assert.True(file.Code == 200, $"{file.Code} {file.Text}");
            Assert.Equal("application/fhir+ndjson", file.Content.ContentType!.MediaType);
            lines.AddRange(file.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!));
        }
        return lines;
    }

    public static string Key(this JsonNode resource) => $"{resource["resourceType"]}/{resource["id"]}";

    public static async Task<string[]> Keys(this Client client, string path) =>
        [.. (await client.Lines(await client.Export(path))).Select(Key).Order(StringComparer.Ordinal)];
}
