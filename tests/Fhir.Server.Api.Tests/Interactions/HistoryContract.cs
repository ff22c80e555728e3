namespace Fhir.Server.Api.Tests.Interactions;

/// <summary>history — https://hl7.org/fhir/R4/http.html#history</summary>
public abstract class HistoryContract(Shared shared)
{
    private Client Jansen => shared.House.As("dr.jansen");
    private Client Integrator => shared.House.As("integrator");

    [Fact]
    public async Task T54_Of_one_resource_newest_first_with_what_was_done()
    {
        var id = await Jansen.NewPatient();
        await Jansen.Put($"/fhir/Patient/{id}", $$"""{"resourceType":"Patient","id":"{{id}}"}""");
        await Jansen.Delete($"/fhir/Patient/{id}");
        var history = (await Jansen.Get($"/fhir/Patient/{id}/_history")).Json;
        Assert.Equal(("history", 3), ((string)history["type"]!, (int)history["total"]!));
        var entries = history["entry"]!.AsArray();
        Assert.Equal(["DELETE", "PUT", "POST"], entries.Select(e => (string)e!["request"]!["method"]!));
        Assert.Equal([$"Patient/{id}", $"Patient/{id}", "Patient"], entries.Select(e => (string)e!["request"]!["url"]!));
        Assert.Equal(["204 No Content", "200 OK", "201 Created"], entries.Select(e => (string)e!["response"]!["status"]!));
        Assert.Equal(["W/\"3\"", "W/\"2\"", "W/\"1\""], entries.Select(e => (string)e!["response"]!["etag"]!));
        Assert.Null(entries[0]!["resource"]);
        Assert.All(entries, e => Assert.Equal($"{shared.House.Url}/fhir/Patient/{id}", (string)e!["fullUrl"]!));
    }

    [Fact]
    public async Task T56_Of_what_never_was_is_404() => Assert.Equal(404, (await Jansen.Get("/fhir/Patient/never/_history")).Code);

    [Fact]
    public async Task T55_Pages_hold_every_version_once_while_others_write()
    {
        for (var i = 0; i < 9; i++) await Jansen.NewPatient();
        var page = (await Jansen.Get("/fhir/Patient/_history?_count=4")).Json;
        var total = (int)page["total"]!;
        var seen = new List<string>();
        while (true)
        {
            seen.AddRange(page["entry"]!.AsArray().Select(e => $"{e!["fullUrl"]} {e["response"]!["etag"]}"));
            if (page["link"]!.AsArray().FirstOrDefault(l => (string)l!["relation"]! == "next") is not { } next) break;
            await Jansen.NewPatient();
            page = (await Jansen.Get((string)next["url"]!)).Json;
        }
        Assert.Equal(total, seen.Count);
        Assert.Equal(total, seen.Distinct().Count());
    }

    [Fact]
    public async Task A_next_link_is_good_for_its_caller_only_and_not_for_a_forger()
    {
        for (var i = 0; i < 3; i++) await Jansen.NewPatient();
        var next = (string)(await Jansen.Get("/fhir/Patient/_history?_count=1")).Json["link"]!.AsArray().First(l => (string)l!["relation"]! == "next")!["url"]!;
        Assert.Equal(200, (await Jansen.Get(next)).Code);
        Assert.Equal(400, (await shared.House.As("dr.bakker").Get(next)).Code);
        Assert.Equal(400, (await Jansen.Get(next[..^1] + (next[^1] == 'A' ? 'B' : 'A'))).Code);
    }

    [Fact]
    public async Task T55_Since_is_inclusive_and_nonsense_is_refused()
    {
        var id = await Jansen.NewPatient();
        var at = (string)(await Jansen.Get($"/fhir/Patient/{id}")).Json["meta"]!["lastUpdated"]!;
        Assert.Equal(1, (int)(await Jansen.Get($"/fhir/Patient/{id}/_history?_since={at}")).Json["total"]!);
        Assert.Equal(0, (int)(await Jansen.Get($"/fhir/Patient/{id}/_history?_since=2999-01-01")).Json["total"]!);
        Assert.Equal(0, (int)(await Jansen.Get($"/fhir/Patient/{id}/_history?_at=1999-01-01")).Json["total"]!);
        Assert.Equal(400, (await Jansen.Get($"/fhir/Patient/{id}/_history?_since=yesterday")).Code);
        Assert.Equal(400, (await Jansen.Get($"/fhir/Patient/{id}/_history?_count=-1")).Code);
    }

    [Fact]
    public async Task Of_everything_needs_the_scope_for_everything()
    {
        Assert.Equal(200, (await Integrator.Get("/fhir/_history?_count=2")).Code);
        Assert.Equal(403, (await shared.House.As("dr.jansen", "user/Patient.rs").Get("/fhir/_history")).Code);
    }
}

public sealed class HistoryOnSqlite(Shared shared) : HistoryContract(shared), IClassFixture<Shared>;
public sealed class HistoryOnPostgres(SharedOnPostgres shared) : HistoryContract(shared), IClassFixture<SharedOnPostgres>;
