using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Benchmarks;

/// <summary>The whole product over HTTP, access control and audit on: server, database and load on the same machine.</summary>
internal static class HttpBenchmark
{
    private const int Known = 5000;
    private const int Seconds = 10;

    public static async Task RunAsync(string bundles)
    {
        var folder = Directory.CreateTempSubdirectory("samenspraak-bench-").FullName;
        await (await ServerProcess.StartAsync(folder)).DisposeAsync();   // builds, seeds
        await using var server = await ServerProcess.StartAsync(folder);
        await Task.Delay(3000);
        Report.Line("server", "ready, ms", server.ReadyMillis);
        Report.Line("server", "resident when idle, MB", server.ResidentMegabytes);
        await RequestsAsync(server, folder);
        await MessageBenchmark.RunAsync(server);
        await ImportAsync(server, bundles);
        Report.Line("server", "resident at the end, MB", server.ResidentMegabytes);
    }

    private static async Task RequestsAsync(ServerProcess server, string folder)
    {
        var token = await server.TokenAsync("integrator");
        var ids = Path.Combine(folder, "ids");
        using var integrator = await server.ClientAsync("integrator");
        for (var from = 1; from <= Known; from += 500) await File.AppendAllLinesAsync(ids, await PatientsAsync(integrator, from, 500));
        var body = Path.Combine(folder, "body");
        await File.WriteAllTextAsync(body, PatientBody);
        await Wrk.RunAsync(server, "read.lua", token, 5, ("IDS", ids));   // warm
        var (perSecond, p99) = await Wrk.RunAsync(server, "read.lua", token, Seconds, ("IDS", ids));
        Report.Line("HTTP, 32 connections", $"read Patient by id, /s (p99 {p99})", perSecond);
        (perSecond, p99) = await Wrk.RunAsync(server, "search.lua", token, Seconds, ("COUNT", Known.ToString(CultureInfo.InvariantCulture)));
        Report.Line("HTTP, 32 connections", $"search Patient by identifier, /s (p99 {p99})", perSecond);
        await Wrk.RunAsync(server, "create.lua", token, 3, ("BODY", body), ("FROM", "1000000"));
        (perSecond, p99) = await Wrk.RunAsync(server, "create.lua", token, Seconds, ("BODY", body), ("FROM", "2000000"));
        Report.Line("HTTP, 32 connections", $"create Patient of 1 kB, durable, /s (p99 {p99})", perSecond);
    }

    /// <summary>A Patient as create.lua fills it in.</summary>
    public static string PatientBody => Samples.Patient(0)
        .Replace("\"value\":\"0\"", "\"value\":\"@N@\"", StringComparison.Ordinal).Replace("MR-00000000", "MR-@N@", StringComparison.Ordinal)
        .Replace("Voort0", "Voort@F@", StringComparison.Ordinal).Replace("5550000", "555@F@", StringComparison.Ordinal);

    /// <summary>Creates patients, all in one transaction; null = nobody's in particular. Gives their ids.</summary>
    public static async Task<IEnumerable<string>> PatientsAsync(HttpClient integrator, int from, int count, string? home = null)
    {
        var entries = Enumerable.Range(from, count).Select(n => new JsonObject
        {
            ["resource"] = JsonNode.Parse(Samples.Patient(n)), ["request"] = new JsonObject { ["method"] = "POST", ["url"] = "Patient" },
        });
        var bundle = new JsonObject { ["resourceType"] = "Bundle", ["type"] = "transaction", ["entry"] = new JsonArray([.. entries]) };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/fhir") { Content = new StringContent(bundle.ToJsonString(), Encoding.UTF8, new MediaTypeHeaderValue("application/fhir+json")) };
        if (home is not null) request.Headers.Add("X-Home-Organization", home);
        using var answer = await integrator.SendAsync(request);
        var text = await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync();
        return JsonNode.Parse(text)!["entry"]!.AsArray().Select(e => ((string)e!["response"]!["location"]!).Split('/')[^3]);
    }

    private static async Task ImportAsync(ServerProcess server, string bundles)
    {
        if (!Directory.Exists(bundles))
        {
            Report.Line("import", "not measured", "the folder of Synthea bundles is absent (FHIR_TEST_DATA)");
            return;
        }
        var resources = Directory.GetFiles(bundles, "*.json").Sum(f => JsonNode.Parse(File.ReadAllText(f))!["entry"]!.AsArray().Count);
        var clock = Stopwatch.StartNew();
        await server.RunAsync("import", bundles);
        Report.Line("import", $"{resources:N0} resources of Synthea bundles, /s, through the running server", resources / clock.Elapsed.TotalSeconds);
    }
}
