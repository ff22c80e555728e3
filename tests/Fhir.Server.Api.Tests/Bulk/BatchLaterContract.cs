using System.Text.Json.Nodes;
using Fhir.Server.Api.Bulk;
using Fhir.Server.Core.Elements;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Jobs;
using Fhir.Server.Store.Tests;
using Microsoft.Extensions.DependencyInjection;

namespace Fhir.Server.Api.Tests.Bulk;

/// <summary>A batch or transaction with Prefer: respond-async — https://hl7.org/fhir/R4/async.html</summary>
public abstract class BatchLaterContract(Shared shared)
{
    private const string A = "urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0a";
    private Client Jansen => shared.House.As("dr.jansen");
    private Client Bakker => shared.House.As("dr.bakker");

    private static string Bundle(string type, params string[] entries) => $$"""{"resourceType":"Bundle","type":"{{type}}","entry":[{{string.Join(',', entries)}}]}""";
    private static string Entry(string method, string url, string? resource = null, string also = "") =>
        $$$"""{{{{(resource is null ? "" : $"\"resource\":{resource},")}}}{{{also}}}"request":{"method":"{{{method}}}","url":"{{{url}}}"} }""";
    private static string Patient(string family, string also = "") => $$"""{"resourceType":"Patient",{{also}}"name":[{"family":"{{family}}"}]}""";
    private static string Observation(string subject) => $$"""{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"{{subject}}"} }""";

    private static Task<Got> Start(Client by, string bundle) => by.Post("/fhir", bundle, ("Prefer", "respond-async"));

    private static async Task<JsonNode> Answer(Client by, Got started)
    {
        Assert.True(started.Code == 202, started.Text);
        return Assert.Single(await by.Lines(await by.Manifest(started)));
    }

    private static string[] Statuses(JsonNode bundle) => [.. bundle["entry"]!.AsArray().Select(e => ((string)e!["response"]!["status"]!)[..3])];

    private async Task<int> Count(string query) => (int)(await Jansen.Get($"/fhir/{query}&_summary=count")).Json["total"]!;

    [Fact]
    public async Task A_transaction_is_done_later_and_answered_in_a_file()
    {
        var started = await Start(Jansen, Bundle("transaction", Entry("POST", "Patient", Patient("Later"), $"\"fullUrl\":\"{A}\","), Entry("POST", "Observation", Observation(A)), Entry("GET", "Patient?family=Later")));
        Assert.Equal("", started.Text);
        var answer = await Answer(Jansen, started);
        Assert.Equal(("transaction-response", "201 201 200"), ((string)answer["type"]!, string.Join(' ', Statuses(answer))));
        var place = (string)answer["entry"]![0]!["response"]!["location"]!;
        Assert.Equal("Later", (string)(await Jansen.Get($"/fhir/{place}")).Json["name"]![0]!["family"]!);
        Assert.Equal(place.Split("/_history")[0], (string)(await Jansen.Get($"/fhir/{answer["entry"]![1]!["response"]!["location"]}")).Json["subject"]!["reference"]!);
        Assert.Equal(1, (int)answer["entry"]![2]!["resource"]!["total"]!);
        Assert.Equal("Bundle", (string)(await Jansen.Manifest(started))["output"]![0]!["type"]!);
        Assert.Equal(202, (await Jansen.Delete(started.Place())).Code);
        Assert.Equal(404, (await Jansen.Get($"{started.Place()}/answer")).Code);
    }

    [Fact]
    public async Task A_batch_answers_each_entry_and_a_transaction_that_is_refused_says_why()
    {
        var patient = await Jansen.NewPatient("Batch");
        var answer = await Answer(Jansen, await Start(Jansen, Bundle("batch", Entry("POST", "Patient", Patient("Batcheen")), Entry("PUT", "Patient/nobody", Patient("X", "\"id\":\"nobody\",")), Entry("DELETE", $"Patient/{patient}"), Entry("GET", "Patient/nobody"))));
        Assert.Equal(["201", "404", "204", "404"], Statuses(answer));
        Assert.Equal(410, (await Jansen.Get($"/fhir/Patient/{patient}")).Code);
        var manifest = await Jansen.Manifest(await Start(Jansen, Bundle("transaction", Entry("POST", "Patient", Patient("Weg")), Entry("POST", "Observation", """{"resourceType":"Observation"}"""))));
        Assert.Empty(manifest["output"]!.AsArray());
        Assert.Contains("Bundle.entry[1]", Assert.Single(await Jansen.Lines(manifest, "error")).ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(0, await Count("Patient?family=Weg"));
        foreach (var wrong in (string[])["""{"resourceType":"Bundle","type":"collection"}""", "no json", """{"resourceType":"Patient"}"""]) Assert.Equal(400, (await Start(Jansen, wrong)).Code);
    }

    [Fact]
    public async Task H4_Who_else_asks_finds_no_job_and_what_is_read_is_read_as_she_sees_it_then()
    {
        var patient = await Jansen.NewPatient("Gelezen");
        var made = await Jansen.Post("/fhir/Observation", Observation($"Patient/{patient}"));
        await Clinic.HireAsync(shared.House.As("integrator"), "l.nurse", "practice-nurse", "de-linde");
        var nurse = shared.House.As("l.nurse");
        var started = await Start(nurse, Bundle("batch", Entry("GET", $"Observation/{made.Id}"), Entry("POST", "Patient", Patient("Verpleegd"))));
        Assert.Equal(["200", "201"], Statuses(await Answer(nurse, started)));
        var labelled = Observation($"Patient/{patient}").Replace("\"status\"", $"\"id\":\"{made.Id}\",\"meta\":{{\"security\":[{{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-Confidentiality\",\"code\":\"V\"}}]}},\"status\"", StringComparison.Ordinal);
        Assert.Equal(200, (await Jansen.Put($"/fhir/Observation/{made.Id}", labelled)).Code);
        Assert.Equal(["404", "201"], Statuses(await Answer(nurse, started)));
        foreach (var other in new[] { Jansen, Bakker, shared.House.As("his-delinde"), shared.House.As("integrator") })
            foreach (var path in (string[])[started.Place(), $"{started.Place()}/answer", $"{started.Place()}/OperationOutcome/refused", $"{started.Place()}/Bundle/1"])
            {
                var (theirs, absent) = (await other.Get(path), await other.Get(path.Replace("$job/", "$job/0", StringComparison.Ordinal)));
                Assert.Equal((404, absent.Text), (theirs.Code, theirs.Text));
            }
        Assert.Equal(401, (await shared.House.As(null).Get($"{started.Place()}/answer")).Code);
        var log = (await shared.House.As("privacy").Get($"/fhir/AuditEvent?patient=Patient/{patient}&_count=50")).Text;
        Assert.Contains(made.Id, log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task G7_Scopes_hold_when_it_is_done()
    {
        var narrow = shared.House.As("dr.jansen", "user/Patient.cruds");
        var manifest = await narrow.Manifest(await Start(narrow, Bundle("transaction", Entry("POST", "Patient", Patient("Smal"), $"\"fullUrl\":\"{A}\","), Entry("POST", "Observation", Observation(A)))));
        Assert.Single(await narrow.Lines(manifest, "error"));
        Assert.Equal(0, await Count("Patient?family=Smal"));
    }

    [Fact]
    public async Task J1_What_it_wrote_is_in_the_log()
    {
        var answer = await Answer(Jansen, await Start(Jansen, Bundle("batch", Entry("POST", "Patient", Patient("Logboek")))));
        var patient = ((string)answer["entry"]![0]!["response"]!["location"]!).Split("/_history")[0];
        var log = (await shared.House.As("privacy").Get($"/fhir/AuditEvent?patient={patient}&_count=50")).Text;
        Assert.Contains("dr.jansen", log, StringComparison.Ordinal);
    }
}

/// <summary>Rights that end, and a crash between the commit and the answer.</summary>
public abstract class BatchAgainContract
{
    protected abstract Task<TenantDatabase> EmptyAsync();

    private const string Bundle =
        """
        {"resourceType":"Bundle","type":"TYPE","entry":[
        {"resource":{"resourceType":"Basic","code":{"text":"een"} },"request":{"method":"POST","url":"Basic"} },
        {"resource":{"resourceType":"Basic","id":"two","code":{"text":"NEW"} },"request":{"method":"PUT","url":"Basic/two"} },
        {"request":{"method":"GET","url":"Basic/two"} },
        {"request":{"method":"DELETE","url":"Basic/three"} }]}
        """;

    private static BatchOrder Order(House house, string type, string who = "integrator", DateTimeOffset? expires = null) => new(1, $"job{type}", Said(who, expires), null, $"{house.Url}/fhir", null, false, System.Text.Encoding.UTF8.GetBytes(Bundle.Replace("TYPE", type, StringComparison.Ordinal)), 0);

    private static byte[] Said(string who, DateTimeOffset? expires) => System.Text.Encoding.UTF8.GetBytes(new JsonObject
    {
        ["Subject"] = who, ["Scopes"] = "system/*.cruds user/*.cruds", ["Role"] = who == "integrator" ? who : null, ["PractitionerRole"] = who == "integrator" ? null : $"PractitionerRole/{who}",
        ["Expires"] = (expires ?? TimeProvider.System.GetUtcNow().AddMinutes(5)).ToString("O"), ["Own"] = true,
    }.ToJsonString());

    private static async Task FurnishAsync(House house)
    {
        foreach (var id in (string[])["two", "three"]) await house.As("integrator").Put($"/fhir/Basic/{id}", $$"""{"resourceType":"Basic","id":"{{id}}","code":{"text":"old"} }""");
    }

    [Theory, InlineData("batch"), InlineData("transaction")]
    public async Task A9_What_was_committed_before_a_crash_is_answered_and_not_written_again(string type)
    {
        await using var house = await House.OpenAsync(on: await EmptyAsync());
        await FurnishAsync(house);
        var work = house.Services.GetRequiredService<BatchWork>();
        var first = await work.DoAsync(Order(house, type), default);
        var again = await work.DoAsync(Order(house, type), default);
        string[] Told(byte[]? answer) => [.. JsonNode.Parse(answer!)!["entry"]!.AsArray().Select(e => $"{e!["response"]?["status"]} {e["response"]?["location"]} {e["request"]?["url"]}")];
        Assert.Equal(Told(first.Answer), Told(again.Answer));
        Assert.Equal((1, 2, 2), ((int)(await house.As("integrator").Get("/fhir/Basic?_summary=count&_id:not=two")).Json["total"]!, (int)(await house.As("integrator").Get("/fhir/Basic/two/_history")).Json["total"]!, (int)(await house.As("integrator").Get("/fhir/Basic/three/_history")).Json["total"]!));
    }

    [Fact]
    public async Task H4_Rights_are_judged_when_it_is_done()
    {
        await using var house = await House.OpenAsync(on: await EmptyAsync());
        await FurnishAsync(house);
        var work = house.Services.GetRequiredService<BatchWork>();
        var over = await work.DoAsync(Order(house, "batch", expires: TimeProvider.System.GetUtcNow().AddSeconds(-1)), default);
        Assert.Null(over.Answer);
        Assert.Contains("expired", System.Text.Encoding.UTF8.GetString(over.Refused!), StringComparison.Ordinal);
        var role = (await house.As("integrator").Get("/fhir/PractitionerRole/dr.jansen")).Json.AsObject();
        role["active"] = false;
        Assert.Equal(200, (await house.As("integrator").Put("/fhir/PractitionerRole/dr.jansen", role.ToJsonString())).Code);
        var gone = await work.DoAsync(Order(house, "transaction", "dr.jansen"), default);
        Assert.Null(gone.Answer);
        Assert.Contains("forbidden", System.Text.Encoding.UTF8.GetString(gone.Refused!), StringComparison.Ordinal);
        Assert.Equal(2, (int)(await house.As("integrator").Get("/fhir/Basic?_summary=count")).Json["total"]!);
    }

    [Fact]
    public async Task A9_After_a_stop_it_is_done_by_the_next_server_once()
    {
        var (database, folder) = (await EmptyAsync(), Directory.CreateTempSubdirectory("samenspraak-restart-").FullName);
        ApiSettings Set(ApiSettings s) => s with { DataFolder = folder };
        var entries = string.Join(',', Enumerable.Range(0, 2000).Select(i => $$$"""{"resource":{"resourceType":"Basic","code":{"text":"{{{i}}}"} },"request":{"method":"POST","url":"Basic"} }"""));
        string place;
        await using (var house = await House.OpenAsync(set: Set, on: database))
        {
            var started = await house.As("integrator").Post("/fhir", $$"""{"resourceType":"Bundle","type":"batch","entry":[{{entries}}]}""", ("Prefer", "respond-async"));
            place = new Uri(started.Place()).PathAndQuery;
            for (var i = 0; i < 500 && (int)(await house.As("integrator").Get("/fhir/Basic?_summary=count")).Json["total"]! == 0; i++) await Task.Delay(1);
        }
        await using (var house = await House.OpenAsync(set: Set, on: database, furnished: false))
        {
            var integrator = house.As("integrator");
            Got got;
            for (var i = 0; (got = await integrator.Get(place)).Code == 202 && i < 600; i++) await Task.Delay(100);
            Assert.True(got.Code == 200, got.Text);
            var answer = Assert.Single(await integrator.Lines(got.Json));
            Assert.All(answer["entry"]!.AsArray(), e => Assert.StartsWith("201", (string)e!["response"]!["status"]!, StringComparison.Ordinal));
            Assert.Equal(2000, answer["entry"]!.AsArray().Select(e => (string)e!["response"]!["location"]!).Distinct().Count());
            Assert.Equal(2000, (int)(await integrator.Get("/fhir/Basic?_summary=count")).Json["total"]!);
        }
        Directory.Delete(folder, recursive: true);
    }
}

public sealed class BatchLaterOnSqlite(Shared shared) : BatchLaterContract(shared), IClassFixture<Shared>;
public sealed class BatchLaterOnPostgres(SharedOnPostgres shared) : BatchLaterContract(shared), IClassFixture<SharedOnPostgres>;
public sealed class BatchAgainOnSqlite : BatchAgainContract { protected override async Task<TenantDatabase> EmptyAsync() => await TestDatabase.SqliteAsync(); }
public sealed class BatchAgainOnPostgres : BatchAgainContract { protected override async Task<TenantDatabase> EmptyAsync() => await TestDatabase.PostgresAsync(); }
