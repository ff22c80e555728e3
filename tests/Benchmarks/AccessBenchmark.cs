using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Benchmarks;

/// <summary>
/// What audit and access cost: the same build twice, with and without the audit's writes, each with the same patients, loaded in
/// turns so that what else the machine does hits both. Figures are medians over the rounds and ratios within a round.
/// </summary>
internal static class AccessBenchmark
{
    private const int Patients = 5000, OneIn = 100, Rounds = 5, Seconds = 3;
    private const string SeesAll = "sees everything", Gp = "GP, 1 % of the patients", CompanyDoctor = "company doctor, one thread";

    private sealed record Load(string Caller, string Act, Func<Site, Task<double>> RunAsync);

    private static readonly Load[] Loads =
    [
        new(SeesAll, "reads", site => site.ReadAsync(SeesAll)), new(Gp, "reads", site => site.ReadAsync(Gp)), new(CompanyDoctor, "reads", site => site.ReadAsync(CompanyDoctor)),
        new(SeesAll, "creates", site => site.CreateAsync(SeesAll)), new(Gp, "creates", site => site.CreateAsync(Gp)),
    ];

    public static async Task RunAsync()
    {
        await using var on = await Site.OpenAsync("on");
        await using var off = await Site.OpenAsync("off");
        foreach (var load in Loads) { await load.RunAsync(on); await load.RunAsync(off); }   // warm
        var seen = Loads.ToDictionary(load => load, _ => new List<(double On, double Off)>());
        for (var round = 0; round < Rounds; round++)
        {
            foreach (var load in Loads)
            {
                var first = await load.RunAsync(round % 2 == 0 ? on : off);
                var second = await load.RunAsync(round % 2 == 0 ? off : on);
                seen[load].Add(round % 2 == 0 ? (first, second) : (second, first));
            }
        }
        Tell(seen);
    }

    private static void Tell(Dictionary<Load, List<(double On, double Off)>> seen)
    {
        foreach (var (load, rounds) in seen)
        {
            Report.Line("access", $"{load.Act}/s, {load.Caller}, audit on", Median(rounds.Select(r => r.On)));
            Report.Line("access", $"{load.Act}/s, {load.Caller}, audit off", Median(rounds.Select(r => r.Off)));
            Report.Line("access", $"audit costs on {load.Act}, {load.Caller}, %", 100 * (1 - Median(rounds.Select(r => r.On / r.Off))));
        }
        foreach (var act in new[] { "reads", "creates" })
        {
            var free = seen.Single(s => s.Key.Caller == SeesAll && s.Key.Act == act).Value;
            var held = seen.Single(s => s.Key.Caller == Gp && s.Key.Act == act).Value;
            Report.Line("access", $"audit and access together cost on {act} (GP, audit on; against sees everything, audit off), %", 100 * (1 - Median(held.Zip(free, (h, f) => h.On / f.Off))));
        }
    }

    private static double Median(IEnumerable<double> values) => values.Order().ToList() is var sorted && sorted.Count % 2 == 1 ? sorted[sorted.Count / 2] : (sorted[(sorted.Count / 2) - 1] + sorted[sorted.Count / 2]) / 2;

    /// <summary>A thread of the GP with the company doctor; its id.</summary>
    public static async Task<string> ThreadAsync(HttpClient jansen)
    {
        var parameters = new JsonObject
        {
            ["resourceType"] = "Parameters",
            ["parameter"] = new JsonArray(
                new JsonObject { ["name"] = "subject", ["valueReference"] = new JsonObject { ["reference"] = "Patient/patient-01" } },
                new JsonObject { ["name"] = "recipient", ["valueReference"] = new JsonObject { ["reference"] = "PractitionerRole/dr.devries" } },
                new JsonObject { ["name"] = "topic", ["valueString"] = "Benchmark" },
                new JsonObject { ["name"] = "category", ["valueCode"] = "advice" },
                new JsonObject { ["name"] = "text", ["valueString"] = "Kan hij weer aan het werk?" }),
        };
        using var content = new StringContent(parameters.ToJsonString(), Encoding.UTF8, new MediaTypeHeaderValue("application/fhir+json"));
        using var answer = await jansen.PostAsync(new Uri("/fhir/Communication/$open-thread", UriKind.Relative), content);
        return (string)JsonNode.Parse(await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync())!["id"]!;
    }

    /// <summary>One of the two servers, with its patients and callers.</summary>
    private sealed class Site : IAsyncDisposable
    {
        private readonly Dictionary<string, (string Token, string Paths)> _callers = new(StringComparer.Ordinal);
        private readonly string _folder = Directory.CreateTempSubdirectory("samenspraak-access-").FullName;
        private ServerProcess? _server;
        private int _from = 1_000_000;

        public static async Task<Site> OpenAsync(string audit)
        {
            var site = new Site();
            site._server = await ServerProcess.StartInAsync(Path.Combine(AppContext.BaseDirectory, "Benchmarks.dll"), site._folder, ServedHere.Child, audit, "");
            await site.FillAsync();
            return site;
        }

        public async Task<double> ReadAsync(string caller) =>
            (await Wrk.RunAsync(_server!, "paths.lua", _callers[caller].Token, Seconds, ("PATHS", _callers[caller].Paths))).PerSecond;

        public async Task<double> CreateAsync(string caller) =>
            (await Wrk.RunAsync(_server!, "create.lua", _callers[caller].Token, Seconds, ("BODY", Path.Combine(_folder, "body")), ("FROM", (_from += 1_000_000).ToString(CultureInfo.InvariantCulture)))).PerSecond;

        public async ValueTask DisposeAsync()
        {
            if (_server is not null) await _server.DisposeAsync();
            Directory.Delete(_folder, recursive: true);
        }

        private async Task FillAsync()
        {
            await File.WriteAllTextAsync(Path.Combine(_folder, "body"), HttpBenchmark.PatientBody);
            using var integrator = await _server!.ClientAsync("integrator");
            var all = new List<string>();
            for (var part = 0; part < Patients; part += 500)
                all.AddRange(await HttpBenchmark.PatientsAsync(integrator, part + 1, 500, home: "Organization/rijnmond"));
            var own = await HttpBenchmark.PatientsAsync(integrator, Patients + 1, Patients / OneIn, home: "Organization/de-linde");
            await CallerAsync(SeesAll, "integrator", all.Select(id => $"/fhir/Patient/{id}"));
            await CallerAsync(Gp, "dr.jansen", own.Select(id => $"/fhir/Patient/{id}"));
            using var jansen = await _server.ClientAsync("dr.jansen");
            await CallerAsync(CompanyDoctor, "dr.devries", ["/fhir/Patient/patient-01", $"/fhir/Communication/{await ThreadAsync(jansen)}"]);
        }

        private async Task CallerAsync(string caller, string user, IEnumerable<string> paths)
        {
            var file = Path.Combine(_folder, $"paths-{user}");
            await File.WriteAllLinesAsync(file, paths);
            _callers[caller] = (await _server!.TokenAsync(user), file);
        }
    }
}
