using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Scenarios.Stage;

namespace Scenarios;

/// <summary>The program from outside: start, stop, commands, and what it says when something is wrong.</summary>
public sealed class StartAndCommands
{
    [Fact]
    public async Task It_says_ready_in_one_line_serves_the_demo_clinic_and_stops_when_asked()
    {
        await using var clinic = await Clinic.OpenAsync();
        Assert.Matches(@"^ready at http://localhost:\d+ in \d+ ms$", await clinic.Server.LineAsync("ready at "));
        Assert.Equal(clinic.Url.Replace("127.0.0.1", "localhost", StringComparison.Ordinal), await File.ReadAllTextAsync(Path.Combine(clinic.DataFolder, "writer.lock")));
        var jansen = await clinic.DrJansen;
        Assert.Equal("van Dijk", (await jansen.GetAsync("Patient/patient-01")).Must(200).Json.GetProperty("name")[0].GetProperty("family").GetString());
        Assert.Equal(0, await clinic.StopAsync());
        Assert.Equal("", await File.ReadAllTextAsync(Path.Combine(clinic.DataFolder, "writer.lock")));
    }

    [Fact]
    public async Task The_clinic_is_seeded_once_and_stays_what_it_became()
    {
        await using var clinic = await Clinic.OpenAsync();
        var jansen = await clinic.DrJansen;
        (await jansen.DeleteAsync("Observation/observation-01")).Must(204);
        await clinic.StopAsync();
        await clinic.StartAsync();
        (await jansen.GetAsync("Observation/observation-01")).Must(410);
        (await jansen.GetAsync("Observation/observation-02")).Must(200);
    }

    [Fact]
    public async Task A_second_server_on_the_folder_stops_with_one_sentence()
    {
        await using var clinic = await Clinic.OpenAsync();
        var (code, said) = await clinic.CommandAsync("--urls", "http://127.0.0.1:0");
        Assert.Equal(1, code);
        Assert.Matches(@"^Another writer uses this data folder: http://localhost:\d+\.$", said.Trim());
    }

    [Fact]
    public async Task A_port_in_use_is_said_in_one_sentence()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var folder = Directory.CreateTempSubdirectory("samenspraak-port-").FullName;
        await using var program = RunningProcess.Start("dotnet", [Checkout.Host, "--urls", $"http://{taken.LocalEndpoint}", $"--Data:Folder={folder}"]);
        Assert.Equal(1, await program.ExitAsync());
        Assert.Matches(@"^Cannot listen on http://127\.0\.0\.1:\d+: [^{}]+\.$", program.Said.Trim());
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData(1, "--urls", "http://0.0.0.0:0", "--Demo:Enabled=true")]
    [InlineData(1, "--Database:Provider", "postgres")]
    [InlineData(1, "--Database:Provider", "postgres", "--Database:ConnectionString=Host=127.0.0.1;Port=1;Username=x;Database=y;Timeout=2")]
    [InlineData(2, "fly")]
    [InlineData(2, "token")]
    [InlineData(2, "token", "--user", "dr.nobody")]
    [InlineData(2, "import")]
    public async Task What_cannot_be_is_said_in_one_sentence(int code, params string[] words)
    {
        var folder = Directory.CreateTempSubdirectory("samenspraak-wrong-").FullName;
        await using var program = RunningProcess.Start("dotnet", [Checkout.Host, .. words, $"--Data:Folder={folder}"]);
        Assert.Equal(code, await program.ExitAsync());
        Assert.Single(program.Said.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_token_needs_only_the_folder_and_is_good_before_and_after_the_start()
    {
        await using var clinic = await Clinic.OpenAsync();
        await clinic.StopAsync();
        var (code, token) = await clinic.CommandAsync("token", "--user", "dr.jansen", "--scope", "user/Patient.rs", "--minutes", "5");
        Assert.Equal(0, code);
        Assert.Equal(3, token.Trim().Split('.').Length);
        await clinic.StartAsync();
        using var jansen = new Person("dr.jansen", new(clinic.Url), token.Trim());
        (await jansen.GetAsync("Patient/patient-01")).Must(200);
        Assert.NotEmpty((await jansen.GetAsync("Condition/condition-01")).Refused(403));
    }

    [Fact]
    public async Task Import_registers_the_patients_with_De_Linde_before_and_while_the_server_runs()
    {
        await using var clinic = await Clinic.OpenAsync();
        await clinic.StopAsync();
        await CheckAsync("first");
        await clinic.StartAsync();
        await CheckAsync("second");
        Assert.Single(await (await clinic.DrJansen).SearchAsync("Patient?identifier=urn:test|first"));
        Assert.Single(await (await clinic.DrJansen).SearchAsync("Patient?identifier=urn:test|second"));
        Assert.Empty(await (await clinic.DrBakker).SearchAsync("Patient?identifier=urn:test|first,urn:test|second"));

        async Task CheckAsync(string number)
        {
            var file = Path.Combine(clinic.DataFolder, $"{number}.json");
            await File.WriteAllTextAsync(file, Bundle(number).ToJsonString());
            var (code, said) = await clinic.CommandAsync("import", file);
            Assert.Equal(0, code);
            Assert.Matches(@"(?m)^Patient +1$", said);
            Assert.Matches(@"(?m)^Observation +2$", said);
        }
    }

    [Fact]
    public async Task A_broken_file_is_named_and_skipped_and_the_exit_code_says_so()
    {
        await using var clinic = await Clinic.OpenAsync();
        var folder = Directory.CreateDirectory(Path.Combine(clinic.DataFolder, "files")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "broken.json"), """{"resourceType":"Bundle","type":"trans""");
        await File.WriteAllTextAsync(Path.Combine(folder, "wrong.json"), """{"resourceType":"Patient","gender":"unheard-of"}""");
        await File.WriteAllTextAsync(Path.Combine(folder, "good.ndjson"), """
            {"resourceType":"Patient","id":"imported-1"}
            {"resourceType":"Patient","id":"imported-2","gender":"unheard-of"}
            {"resourceType":"Patient","id":"imported-3"}
            """);
        var (code, said) = await clinic.CommandAsync("import", folder, "--practice", "Ziekenhuis Rijnmond");
        Assert.Equal(1, code);
        Assert.Contains("broken.json", said, StringComparison.Ordinal);
        Assert.Contains("wrong.json", said, StringComparison.Ordinal);
        Assert.Contains("good.ndjson, line 2", said, StringComparison.Ordinal);
        Assert.DoesNotContain("unheard-of", said, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^Patient +2$", said);
        (await (await clinic.DrBakker).GetAsync("Patient/imported-3")).Must(200);
        (await (await clinic.DrJansen).GetAsync("Patient/imported-3")).Must(404);
    }

    [Fact]
    public async Task Lines_may_refer_by_criteria_to_what_another_file_brings()
    {
        await using var clinic = await Clinic.OpenAsync();
        var folder = Directory.CreateDirectory(Path.Combine(clinic.DataFolder, "files")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "a.ndjson"), """
            {"resourceType":"Observation","id":"of-later","status":"final","code":{"text":"x"},"subject":{"reference":"Patient?identifier=urn:test|later"}}
            {"resourceType":"Observation","id":"of-nobody","status":"final","code":{"text":"x"},"subject":{"reference":"Patient?identifier=urn:test|nobody"}}
            """);
        await File.WriteAllTextAsync(Path.Combine(folder, "b.ndjson"), """{"resourceType":"Patient","id":"later","identifier":[{"system":"urn:test","value":"later"}]}""");
        var (code, said) = await clinic.CommandAsync("import", folder);
        Assert.Equal(1, code);
        Assert.Contains("a.ndjson, line 2", said, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^Observation +1$", said);
        Assert.Matches(@"(?m)^Patient +1$", said);
        Assert.Contains("Patient/later", (await (await clinic.DrJansen).GetAsync("Observation/of-later")).Must(200).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sixty_bundles_load_without_a_rejected_entry_and_every_type_counts_what_the_files_hold()
    {
        Assert.SkipWhen(Checkout.TestData is null, "The public test data is not here (FHIR_TEST_DATA).");
        var folder = Path.Combine(Checkout.TestData!, "synthea");
        var expected = Directory.GetFiles(folder, "*.json").SelectMany(TypesIn).CountBy(type => type).OrderBy(t => t.Key, StringComparer.Ordinal)
            .Select(t => string.Create(CultureInfo.InvariantCulture, $"{t.Key} {t.Value}"));
        await using var clinic = await Clinic.OpenAsync();
        await clinic.StopAsync();
        var (code, said) = await clinic.CommandAsync("import", folder);
        Assert.Equal(0, code);
        var counted = said.Split('\n').Where(l => l.Length > 0 && char.IsUpper(l[0])).Select(l => string.Join(' ', l.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        Assert.Equal(expected, counted);
        await clinic.StartAsync();
        Assert.Equal(72, (await (await clinic.DrJansen).GetAsync("Patient?_summary=count")).Must(200).Json.GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task The_page_and_the_api_come_with_strict_headers_and_no_foreign_host_name_is_answered()
    {
        await using var clinic = await Clinic.OpenAsync();
        using var http = new HttpClient();
        using var page = await http.GetAsync(clinic.Url);
        Assert.Contains("script-src 'self'", page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Equal("nosniff", page.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.False(page.Headers.Contains("Server"));
        using var foreign = new HttpRequestMessage(HttpMethod.Get, $"{clinic.Url}/demo") { Headers = { Host = "rebound.example" } };
        Assert.Equal(400, (int)(await http.SendAsync(foreign)).StatusCode);
        Assert.Equal(401, (int)(await http.GetAsync($"{clinic.Url}/fhir/Patient/patient-01")).StatusCode);
    }

    [Fact]
    public async Task Without_the_demo_nobody_signs_in_by_name()
    {
        var folder = Directory.CreateTempSubdirectory("samenspraak-nodemo-").FullName;
        await using (var server = RunningProcess.Start("dotnet", [Checkout.Host, "--urls", "http://127.0.0.1:0", "--Demo:Enabled=false", $"--Data:Folder={folder}"]))
        {
            var url = (await server.LineAsync("ready at ")).Split(' ')[2].Replace("localhost", "127.0.0.1", StringComparison.Ordinal);
            using var http = new HttpClient();
            Assert.Equal(404, (int)(await http.GetAsync($"{url}/demo")).StatusCode);
            Assert.Contains((int)(await http.PostAsync($"{url}/demo/sign-in", new StringContent("""{"user":"dr.jansen"}""", System.Text.Encoding.UTF8, "application/json"))).StatusCode, new[] { 404, 405 });
        }
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_profile_from_the_folder_of_packages_is_judged_by()
    {
        var folder = Directory.CreateTempSubdirectory("samenspraak-packages-").FullName;
        var profile = """
            {"resourceType":"StructureDefinition","url":"http://example.org/StructureDefinition/born","name":"Born","status":"active","kind":"resource","abstract":false,
             "type":"Patient","baseDefinition":"http://hl7.org/fhir/StructureDefinition/Patient","derivation":"constraint",
             "differential":{"element":[{"id":"Patient.birthDate","path":"Patient.birthDate","min":1}]}}
            """;
        await File.WriteAllTextAsync(Path.Combine(folder, "born.json"), profile);
        await using (var clinic = await Clinic.OpenAsync($"--Profiles:Packages={folder}"))
        {
            var jansen = await clinic.DrJansen;
            Assert.Contains("Patient.birthDate", (await jansen.PostAsync("Patient/$validate", Born())).Must(200).Text, StringComparison.Ordinal);
            Assert.DoesNotContain("Patient.birthDate", (await jansen.PostAsync("Patient/$validate", Born("1970"))).Must(200).Text, StringComparison.Ordinal);
            Assert.Contains("1 conformance resources are loaded", clinic.Log, StringComparison.Ordinal);
        }
        Directory.Delete(folder, recursive: true);

        static JsonObject Born(string? date = null)
        {
            var patient = new JsonObject { ["resourceType"] = "Patient", ["meta"] = new JsonObject { ["profile"] = new JsonArray("http://example.org/StructureDefinition/born") } };
            if (date is not null) patient["birthDate"] = date;
            return patient;
        }
    }

    [Fact]
    public async Task Idle_it_is_small()
    {
        if (!OperatingSystem.IsLinux()) Assert.Skip("Resident memory is read from /proc.");
        await using var clinic = await Clinic.OpenAsync();
        (await (await clinic.DrJansen).GetAsync("Patient?_count=10")).Must(200);
        await Eventually.Async(() => Task.FromResult(Resident()), kilobytes => kilobytes < 200 * 1024, "a small server");   // it gives back what the start took when nothing happens

        int Resident() => int.Parse(File.ReadLines($"/proc/{clinic.Server.Id}/status").First(l => l.StartsWith("VmRSS", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    private static JsonObject Bundle(string number) => new()
    {
        ["resourceType"] = "Bundle", ["type"] = "transaction",
        ["entry"] = new JsonArray([Entry("urn:uuid:11111111-1111-4111-8111-111111111111", $$"""{"resourceType":"Patient","identifier":[{"system":"urn:test","value":"{{number}}"}]}""", "Patient"), .. Enumerable.Range(0, 2).Select(_ =>
            Entry(null, """{"resourceType":"Observation","status":"final","code":{"text":"weight"},"subject":{"reference":"urn:uuid:11111111-1111-4111-8111-111111111111"}}""", "Observation"))]),
    };

    private static JsonNode Entry(string? fullUrl, string resource, string type)
    {
        var entry = new JsonObject { ["resource"] = JsonNode.Parse(resource), ["request"] = new JsonObject { ["method"] = "POST", ["url"] = type } };
        if (fullUrl is not null) entry["fullUrl"] = fullUrl;
        return entry;
    }

    private static IEnumerable<string> TypesIn(string file)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(file));
        return [.. json.RootElement.GetProperty("entry").EnumerateArray().Select(e => e.GetProperty("resource").GetProperty("resourceType").GetString()!)];
    }
}
