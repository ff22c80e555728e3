using System.Text.Json.Nodes;

namespace Benchmarks;

/// <summary>Who asks, and what: who sees everything, a GP with one patient of a hundred, a company doctor with one thread. All ask the same searches.</summary>
internal sealed class Callers
{
    public const string SeesAll = "who sees everything", Gp = "GP with 1 %", CompanyDoctor = "company doctor with one thread";
    private const int Most = 5000;
    private readonly Dictionary<string, Caller> _all = new(StringComparer.Ordinal);

    internal sealed record Caller(string Token, string Reads, IReadOnlyList<(string Kind, string File)> Searches);

    public IReadOnlyList<string> Names => [SeesAll, Gp, CompanyDoctor];
    public Caller this[string name] => _all[name];

    public async Task FillAsync(ServerProcess server, string folder, Population population, int people, HttpClient integrator)
    {
        var (all, own) = (new List<string>(), new List<string>());
        for (var n = 0; n < people && all.Count < Most * 4; n++)
            foreach (var line in population.Lines(n))
            {
                var resource = JsonNode.Parse(line)!;
                (n % 100 == 7 ? own : all).Add($"/fhir/{resource["resourceType"]}/{resource["id"]}");
            }
        var searches = await SearchesAsync(folder, population, Math.Min(people, 200));
        var random = new Random(5);
        await AddAsync(SeesAll, "integrator", Some(all, random));
        await AddAsync(Gp, "dr.jansen", Some(own, random));
        await AddAsync(CompanyDoctor, "dr.devries", ["/fhir/Patient/patient-01", $"/fhir/Communication/{await ThreadAsync(server)}"]);

        async Task AddAsync(string name, string user, IEnumerable<string> paths)
        {
            var file = Path.Combine(folder, $"paths-{user}");
            // What was cut off at the end of the import is not there.
            await File.WriteAllLinesAsync(file, name == CompanyDoctor ? paths : await ThereAsync(integrator, paths));
            _all[name] = new(await server.TokenAsync(user), file, searches);
        }
    }

    private static IEnumerable<string> Some(List<string> paths, Random random) => paths.OrderBy(_ => random.Next()).Take(Most);

    private static async Task<IEnumerable<string>> ThereAsync(HttpClient integrator, IEnumerable<string> paths)
    {
        var there = new List<string>();
        foreach (var path in paths)
        {
            using var request = new HttpRequestMessage(HttpMethod.Head, path);
            using var answer = await integrator.SendAsync(request);
            if (answer.IsSuccessStatusCode) there.Add(path);
        }
        return there;
    }

    private static async Task<IReadOnlyList<(string, string)>> SearchesAsync(string folder, Population population, int people)
    {
        var kinds = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        void Add(string kind, string path) { if (!kinds.TryGetValue(kind, out var list)) kinds[kind] = list = []; list.Add($"/fhir/{path}&_count=20"); }
        for (var n = 0; n < people; n++)
            foreach (var resource in population.Lines(n).Select(l => JsonNode.Parse(l)!))
            {
                var (type, id) = ((string)resource["resourceType"]!, (string)resource["id"]!);
                var coding = resource["code"]?["coding"]?[0];
                var code = coding is null ? null : Uri.EscapeDataString($"{coding["system"]}|{coding["code"]}");
                if (type == "Patient")
                {
                    Add("by string", $"Patient?name={Uri.EscapeDataString(Start((string)resource["name"]![0]!["family"]!))}");
                    Add("by string", $"Patient?family={Uri.EscapeDataString((string)resource["name"]![0]!["family"]!)}&gender={resource["gender"]}");
                    Add("by reference", $"Observation?patient={id}");
                    Add("by reference", $"Encounter?patient=Patient/{id}");
                    Add("by date", $"Patient?birthdate=ge{((string)resource["birthDate"]!)[..7]}&birthdate=lt{int.Parse(((string)resource["birthDate"]!)[..4], System.Globalization.CultureInfo.InvariantCulture) + 1}");
                }
                if (type == "Encounter") Add("by date", $"Encounter?date={((string)resource["period"]!["start"]!)[..10]}");
                if (type is "Condition" or "Procedure" && code is not null) Add("by token", $"{type}?code={code}");
                if (type == "Observation" && code is not null) Add("by token", $"Observation?code={code}");
                if (type == "Observation" && code is not null && resource["valueQuantity"] is { } quantity)
                {
                    var unit = Uri.EscapeDataString($"{quantity["value"]}|{quantity["system"]}|{quantity["code"]}");
                    Add("by quantity", $"Observation?code={code}&value-quantity=gt{unit}");
                    Add("by composite", $"Observation?code-value-quantity={code}$gt{quantity["value"]}");
                }
            }
        var files = new List<(string, string)>();
        var random = new Random(7);
        foreach (var (kind, list) in kinds)
        {
            var file = Path.Combine(folder, $"searches-{kind.Replace(' ', '-')}");
            kinds[kind] = [.. list.OrderBy(_ => random.Next()).Take(1000)];
            await File.WriteAllLinesAsync(file, kinds[kind]);
            files.Add((kind, file));
        }
        var mix = Path.Combine(folder, "searches-mix");
        await File.WriteAllLinesAsync(mix, Enumerable.Range(0, 1000).SelectMany(i => kinds.Values.Select(list => list[i % list.Count])));
        files.Add(("mix", mix));
        return files;
    }

    private static string Start(string name) => name[..Math.Min(4, name.Length)];

    private static async Task<string> ThreadAsync(ServerProcess server)
    {
        using var jansen = await server.ClientAsync("dr.jansen");
        return await AccessBenchmark.ThreadAsync(jansen);
    }
}
