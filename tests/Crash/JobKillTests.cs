using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Benchmarks;

namespace Crash;

/// <summary>kill -9 in the middle of an $import, of a batch that is done later, and of a file of an $export.</summary>
public sealed class JobKillTests
{
    private const int Lines = 12_000, Creates = 4_000;
    private static readonly string[] Settings = ["--Bulk:ResourcesPerFile=2500"];
    private static readonly TimeSpan MostWait = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task A9_Killed_in_its_jobs_the_server_loses_nothing_and_doubles_nothing_on_SQLite() => await KillJobsAsync([]);

    [Fact]
    public async Task A9_Killed_in_its_jobs_the_server_loses_nothing_and_doubles_nothing_on_PostgreSQL()
    {
        await using var cluster = await Cluster.StartAsync();
        await KillJobsAsync(cluster.Settings);
        await Remains.CheckAsync(cluster.NumberAsync);
    }

    private static async Task KillJobsAsync(string[] database)
    {
        var folder = Directory.CreateTempSubdirectory("samenspraak-crash-").FullName;
        var (import, batch) = await StopInTheMiddleAsync(folder, database);
        List<string> files;
        string first;
        await using (var server = await ServerProcess.StartAsync(folder, settings: [.. Settings, .. database]))
        {
            using var integrator = await server.ClientAsync("integrator");
            foreach (var job in (string[])[import, batch])
                using (var answer = await integrator.GetAsync(new Uri(job, UriKind.Relative))) Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);   // it was in the middle
            Assert.Empty((await EndAsync(integrator, import))["error"]!.AsArray());
            await CheckAsync(integrator, await EndAsync(integrator, batch));
            files = FilesOf(await EndAsync(integrator, await StartAsync(integrator, HttpMethod.Get, "/fhir/$export?_type=Substance,Basic", null)));
            Assert.Equal(5 + 2, files.Count);
            first = await integrator.GetStringAsync(new Uri(files[0], UriKind.Relative));
            await BreakOffAsync(integrator, files[1], server);
        }
        await using (var server = await ServerProcess.StartAsync(folder, settings: [.. Settings, .. database]))
        {
            using var integrator = await server.ClientAsync("integrator");
            Assert.Equal(first, await integrator.GetStringAsync(new Uri(files[0], UriKind.Relative)));
            var all = new List<string>();
            foreach (var file in files) all.AddRange((await integrator.GetStringAsync(new Uri(file, UriKind.Relative))).Split('\n', StringSplitOptions.RemoveEmptyEntries));
            Assert.Equal(Lines + Creates, all.Select(line => JsonNode.Parse(line)!).Select(r => $"{r["resourceType"]}/{r["id"]}").Distinct().Count());
            Assert.Equal(Lines + Creates, all.Count);
            await server.RunAsync("verify-audit");
        }
        Directory.Delete(folder, recursive: true);
    }

    // An import and a batch are begun; the server is killed when some of both is done, and not all.
    private static async Task<(string Import, string Batch)> StopInTheMiddleAsync(string folder, string[] database)
    {
        await using var server = await ServerProcess.StartAsync(folder, settings: [.. Settings, .. database]);
        using var integrator = await server.ClientAsync("integrator");
        var import = await StartAsync(integrator, HttpMethod.Post, "/fhir/$import", new StringContent(Imported(), Encoding.UTF8, new MediaTypeHeaderValue("application/fhir+ndjson")));
        var batch = await StartAsync(integrator, HttpMethod.Post, "/fhir", new StringContent(Batch(), Encoding.UTF8, new MediaTypeHeaderValue("application/fhir+json")));
        while (await CountAsync(integrator, "Basic?_tag=batch") == 0 || await CountAsync(integrator, "Substance") == 0) await Task.Delay(20);
        await server.KillAsync();
        return (import, batch);
    }

    // Each line is long enough that the import has several pieces; every other one has no id of its own.
    private static string Imported()
    {
        var text = new StringBuilder();
        for (var i = 0; i < Lines; i++)
        {
            var id = i % 2 == 0 ? string.Create(CultureInfo.InvariantCulture, $"\"id\":\"line-{i}\",") : "";
            text.Append(CultureInfo.InvariantCulture, $$"""{"resourceType":"Substance",{{id}}"code":{"text":"{{i}}"},"description":"{{new string('x', 900)}}"}""").Append('\n');
        }
        return text.ToString();
    }

    private static string Batch() => new JsonObject
    {
        ["resourceType"] = "Bundle", ["type"] = "batch",
        ["entry"] = new JsonArray([.. Enumerable.Range(0, Creates).Select(i => new JsonObject
        {
            ["resource"] = new JsonObject { ["resourceType"] = "Basic", ["meta"] = new JsonObject { ["tag"] = new JsonArray(new JsonObject { ["code"] = "batch" }) }, ["code"] = new JsonObject { ["text"] = $"{i}" } },
            ["request"] = new JsonObject { ["method"] = "POST", ["url"] = "Basic" },
        })]),
    }.ToJsonString();

    private static async Task CheckAsync(HttpClient integrator, JsonNode manifest)
    {
        var answer = JsonNode.Parse(await integrator.GetStringAsync(new Uri(Assert.Single(FilesOf(manifest)), UriKind.Relative)))!;
        var places = answer["entry"]!.AsArray().Select(e => (string?)e!["response"]!["location"]).ToList();
        Assert.Equal(Creates, places.Distinct().Count(place => place is not null));
        Assert.Equal((Creates, Creates, Lines, Lines), (await CountAsync(integrator, "Basic?_tag=batch"), await VersionsAsync(integrator, "Basic"), await CountAsync(integrator, "Substance"), await VersionsAsync(integrator, "Substance")));
    }

    // Some of the file has come when the server goes.
    private static async Task BreakOffAsync(HttpClient integrator, string file, ServerProcess server)
    {
        using var answer = await integrator.GetAsync(new Uri(file, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
        await using var body = await answer.Content.ReadAsStreamAsync();
        await body.ReadExactlyAsync(new byte[4096]);
        await server.KillAsync();
    }

    private static async Task<string> StartAsync(HttpClient client, HttpMethod method, string url, HttpContent? content)
    {
        using var request = new HttpRequestMessage(method, new Uri(url, UriKind.Relative)) { Content = content };
        request.Headers.Add("Prefer", "respond-async");
        using var answer = await client.SendAsync(request);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        return new Uri(answer.Content.Headers.ContentLocation!.ToString()).PathAndQuery;
    }

    private static async Task<JsonNode> EndAsync(HttpClient client, string job)
    {
        using var patience = new CancellationTokenSource(MostWait);
        while (true)
        {
            using var answer = await client.GetAsync(new Uri(job, UriKind.Relative), patience.Token);
            if (answer.StatusCode == HttpStatusCode.OK) return JsonNode.Parse(await answer.Content.ReadAsStringAsync(patience.Token))!;
            Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
            await Task.Delay(250, patience.Token);
        }
    }

    private static List<string> FilesOf(JsonNode manifest) => [.. manifest["output"]!.AsArray().Select(f => new Uri((string)f!["url"]!).PathAndQuery)];

    private static async Task<int> CountAsync(HttpClient client, string query) => (int)(await Http.GetAsync(client, $"/fhir/{query}{(query.Contains('?', StringComparison.Ordinal) ? '&' : '?')}_summary=count"))["total"]!;

    private static async Task<int> VersionsAsync(HttpClient client, string type) => (int)(await Http.GetAsync(client, $"/fhir/{type}/_history?_count=1"))["total"]!;
}
