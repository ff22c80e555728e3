using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Benchmarks;

/// <summary>
/// The server on either database at a given size: imports, reads and searches by three callers, creates, the mix of all interactions,
/// transactions, an export, memory; each with the CPU time of server and database, the bytes allocated and the commits. Audit and access are on.
/// </summary>
internal sealed class LoadBenchmark : IAsyncDisposable
{
    private const int Seconds = 8, EveryHundredth = 7;
    private static readonly string[] MixedTypes = ["Patient", "Encounter", "Observation", "Condition", "Procedure", "Immunization", "DiagnosticReport", "MedicationRequest", "AllergyIntolerance"];

    private readonly string _folder = Directory.CreateTempSubdirectory("samenspraak-load-").FullName;
    private readonly Population _population;
    private readonly PostgresServer? _postgres;
    private readonly string _what;
    private readonly Callers _callers = new();
    private ServerProcess _server = null!;
    private int _people, _from = 1_000_000;

    private LoadBenchmark(Population population, PostgresServer? postgres, int size) =>
        (_population, _postgres, _what) = (population, postgres, string.Create(CultureInfo.InvariantCulture, $"{(postgres is null ? "SQLite" : "PostgreSQL")}, {size:N0}"));

    public static async Task RunAsync(string synthea, bool onPostgres, int size, IReadOnlyList<string> rows)
    {
        if (!Directory.Exists(synthea))
        {
            Report.Line("load", "not measured", "the folder of Synthea bundles is absent (FHIR_TEST_DATA)");
            return;
        }
        await using var postgres = onPostgres ? await PostgresServer.StartAsync() : null;
        await using var load = new LoadBenchmark(new(synthea), postgres, size);
        load._server = await ServerProcess.StartInAsync(Path.Combine(AppContext.BaseDirectory, "Benchmarks.dll"), load._folder, ServedHere.Child, "on", postgres?.Connection ?? "");
        await load.RunAsync(size, rows);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task RunAsync(int size, IReadOnlyList<string> rows)
    {
        bool Wanted(string row) => rows.Count == 0 || rows.Contains(row, StringComparer.Ordinal);
        using var integrator = await _server.ClientAsync("integrator");
        integrator.Timeout = TimeSpan.FromHours(2);
        await ImportAsync(integrator, size);
        await _callers.FillAsync(_server, _folder, _population, _people, integrator);
        if (Wanted("reads"))
            foreach (var caller in _callers.Names) await WrkAsync($"read by id, {caller}", "paths.lua", _callers[caller].Token, ("PATHS", _callers[caller].Reads));
        if (Wanted("searches"))
            foreach (var caller in _callers.Names)
                foreach (var (kind, file) in _callers[caller].Searches) await WrkAsync($"search {kind}, {caller}", "paths.lua", _callers[caller].Token, ("PATHS", file));
        if (rows is ["wait"]) await WaitAsync();
        var token = _callers[Callers.SeesAll].Token;
        var body = Path.Combine(_folder, "body");
        await File.WriteAllTextAsync(body, HttpBenchmark.PatientBody);
        if (Wanted("creates")) await WrkAsync("create Patient", "create.lua", token, ("BODY", body), ("FROM", Next()));
        if (Wanted("mix")) await WrkAsync("create, read, update, delete over 9 types", "mix.lua", token, ("BODIES", await BodiesAsync()), ("FROM", Next()));
        if (Wanted("transactions")) await TransactionsAsync(integrator);
        if (Wanted("export")) await ExportAsync(integrator);
        Report.Line(_what, "resident server process at the end, MB", _server.ResidentMegabytes);
    }

    /// <summary>For a profiler: the server stands, filled, until a line is read.</summary>
    private async Task WaitAsync()
    {
        await Console.Out.WriteLineAsync($"process {_server.Id} at {_server.Address}, its folder {_folder}");
        foreach (var caller in _callers.Names) await File.WriteAllTextAsync(Path.Combine(_folder, $"token {caller}"), _callers[caller].Token);
        await Console.In.ReadLineAsync();
    }

    private string Next() => (_from += 1_000_000).ToString(CultureInfo.InvariantCulture);

    /// <summary>In imports of at most 100,000; every hundredth person belongs to the GP's practice.</summary>
    private async Task ImportAsync(HttpClient integrator, int size)
    {
        for (int done = 0, part; done < size; done += part)
        {
            part = Math.Min(size - done, 100_000);
            var (own, others, n) = (Path.Combine(_folder, "own.ndjson"), Path.Combine(_folder, "others.ndjson"), 0);
            await using (var first = new StreamWriter(own))
            await using (var second = new StreamWriter(others))
                for (; n < part; _people++)
                    foreach (var line in _population.Lines(_people).TakeWhile(_ => n++ < part))
                        await (_people % 100 == EveryHundredth ? first : second).WriteLineAsync(line);
            await MeasureAsync($"$import, {done:N0} to {done + part:N0} resources", async () =>
            {
                await ImportAsync(integrator, own, "Organization/de-linde");
                await ImportAsync(integrator, others, "Organization/rijnmond");
                return part;
            });
        }
    }

    private static async Task ImportAsync(HttpClient integrator, string file, string home)
    {
        await using var lines = File.OpenRead(file);
        if (lines.Length == 0) return;
        using var request = new HttpRequestMessage(HttpMethod.Post, "/fhir/$import") { Content = new StreamContent(lines) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/fhir+ndjson");
        request.Headers.Add("Prefer", "respond-async");
        request.Headers.Add("X-Home-Organization", home);
        var manifest = await JobAsync(integrator, request);
        if (manifest["error"]!.AsArray().Count > 0) throw new InvalidOperationException($"Lines of the import were refused: {manifest["error"]}");
    }

    private static async Task<JsonNode> JobAsync(HttpClient integrator, HttpRequestMessage request)
    {
        using var accepted = await integrator.SendAsync(request);
        var address = accepted.EnsureSuccessStatusCode().Content.Headers.ContentLocation!.PathAndQuery;
        while (true)
        {
            using var state = await integrator.GetAsync(new Uri(address, UriKind.Relative));
            var text = await state.EnsureSuccessStatusCode().Content.ReadAsStringAsync();
            if (state.StatusCode == System.Net.HttpStatusCode.OK) return JsonNode.Parse(text)!;
            await Task.Delay(100);
        }
    }

    private async Task TransactionsAsync(HttpClient integrator)
    {
        var first = _people;
        await MeasureAsync("transactions of Synthea people, 4 at once, resources", async () =>
        {
            var (clock, written) = (Stopwatch.StartNew(), 0);
            await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
            {
                while (clock.Elapsed.TotalSeconds < Seconds)
                {
                    var bundle = _population.Bundle(Interlocked.Increment(ref _people));
                    using var content = new StringContent(bundle, Encoding.UTF8, new MediaTypeHeaderValue("application/fhir+json"));
                    using var answer = await integrator.PostAsync(new Uri("/fhir", UriKind.Relative), content);
                    Interlocked.Add(ref written, JsonNode.Parse(await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync())!["entry"]!.AsArray().Count);
                }
            }));
            return written;
        });
        Report.Line(_what, "transactions in that time", _people - first);
    }

    private async Task ExportAsync(HttpClient integrator)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/fhir/$export");
        request.Headers.Add("Prefer", "respond-async");
        await MeasureAsync("$export with its files, one after the other, resources", async () =>
        {
            var (manifest, lines) = (await JobAsync(integrator, request), 0);
            foreach (var file in manifest["output"]!.AsArray())
            {
                await using var body = await integrator.GetStreamAsync(new Uri((string)file!["url"]!));
                var buffer = new byte[1 << 16];
                for (int read; (read = await body.ReadAsync(buffer)) > 0;) lines += buffer.AsSpan(0, read).Count((byte)'\n');
            }
            return lines;
        });
    }

    /// <summary>One resource of each type, its own id, number and patient put in.</summary>
    private async Task<string> BodiesAsync()
    {
        var (file, found) = (Path.Combine(_folder, "bodies"), new Dictionary<string, string>(StringComparer.Ordinal));
        foreach (var line in Enumerable.Range(0, _population.People).SelectMany(_population.Lines))
        {
            var resource = JsonNode.Parse(line)!.AsObject();
            if (!MixedTypes.Contains((string)resource["resourceType"]!, StringComparer.Ordinal) || found.ContainsKey((string)resource["resourceType"]!)) continue;
            resource["id"] = "@ID@";
            resource["language"] = "x-@N@";
            found[(string)resource["resourceType"]!] = resource.ToJsonString();
            if (found.Count == MixedTypes.Length) break;
        }
        await File.WriteAllLinesAsync(file, MixedTypes.Select(t => found[t]));
        return file;
    }

    private async Task WrkAsync(string measure, string script, string token, params (string, string)[] environment)
    {
        await Wrk.RunAsync(_server, script, token, 2, environment);
        var p99 = "";
        await MeasureAsync(measure, async () =>
        {
            var (perSecond, slowest) = await Wrk.RunAsync(_server, script, token, Seconds, environment);
            p99 = $", p99 {slowest}";
            return (int)(perSecond * Seconds);
        }, () => p99);
    }

    private async Task MeasureAsync(string measure, Func<Task<int>> act, Func<string>? more = null)
    {
        var before = await Usage.OfAsync(_server, _postgres, _folder);
        var clock = Stopwatch.StartNew();
        var count = await act();
        var seconds = clock.Elapsed.TotalSeconds;
        var used = await Usage.OfAsync(_server, _postgres, _folder) - before;
        Report.Line(_what, $"{measure}, /s{more?.Invoke()}", string.Create(CultureInfo.InvariantCulture,
            $"{count / seconds:N0} | {used.Server.TotalMicroseconds / count:N0} | {used.Database.TotalMicroseconds / count:N0} | {used.Allocated / (double)count:N0} | {used.Commits / seconds:N0}"));
    }
}
