using System.Text.Json.Nodes;
using Fhir.Messaging.Tests.Clinic;
using Fhir.Server.Api.Tests;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Tests;
using static Fhir.Messaging.Tests.CareTests.CareCalls;
using static Fhir.Messaging.Tests.Clinic.TestClinic;

namespace Fhir.Messaging.Tests.CareTests;

/// <summary>A patient who is registered more than once with one number is opened whole, in one act; somebody else who bears that number is not.</summary>
public abstract class TwiceContract
{
    protected abstract Task<TenantDatabase> EmptyAsync();

    // p1 stands at De Linde twice, and there is another of that number with another birth date.
    private async Task<TestClinic> OpenAsync()
    {
        var clinic = await TestClinic.OpenAsync(EmptyAsync);
        await RegisterAsync(clinic, "twin", Born, "de-linde");
        await RegisterAsync(clinic, "stranger", "1980-01-01", "de-linde");
        foreach (var patient in (string[])["p1", "twin", "stranger"]) await clinic.PutAsync("Condition", $"c-{patient}", $$""" "subject":{"reference":"Patient/{{patient}}"} """, "de-linde");
        return clinic;
    }

    private static Task RegisterAsync(TestClinic clinic, string id, string born, string home) =>
        clinic.PutAsync("Patient", id, $$""" "identifier":[{"system":"{{ClinicUrls.Bsn}}","value":"{{Bsn}}"}],"birthDate":"{{born}}" """, home);

    [Fact]
    public async Task H8_Who_is_registered_twice_is_opened_whole_by_one_proof_and_each_record_has_its_review_and_its_notice()
    {
        await using var clinic = await OpenAsync();
        var bakker = clinic.SteppedUp("dr.bakker");
        Assert.Equal((404, 404), await SeenAsync(bakker));
        var got = Ok(await bakker.BreakGlass(("minutes", 10)));
        Assert.Equal((200, 200), await SeenAsync(bakker));
        Assert.Equal(["until", "task", "patient", "task", "patient"], got.Json["parameter"]!.AsArray().Select(p => (string)p!["name"]!));
        Assert.Equal(["p1", "twin"], Named(got, "patient").Select(p => (string)p["resource"]!["id"]!));
        var reviews = Ok(await clinic.Privacy().Get("/fhir/Task?status=requested")).Entries();
        Assert.Equal(["Patient/p1", "Patient/twin"], reviews.Select(t => (string)t["for"]!["reference"]!).Order(StringComparer.Ordinal));
        Assert.Equal(Named(got, "task").Select(t => (string)t["valueReference"]!["reference"]!).Order(StringComparer.Ordinal), reviews.Select(t => $"Task/{(string)t["id"]!}").Order(StringComparer.Ordinal));
        foreach (var (patient, notices) in ((string, int)[])[("p1", 1), ("twin", 1), ("stranger", 0)])
            Assert.Equal(notices, Ok(await clinic.PatientHerself($"Patient/{patient}").Get("/fhir/Communication")).Entries().Count);
        Assert.Equal(409, (await bakker.BreakGlass()).Code);
        clinic.Clock.Advance(TimeSpan.FromMinutes(10) + TimeSpan.FromSeconds(1));
        Assert.Equal((404, 404), await SeenAsync(bakker));
        Assert.Equal(2, await CountAsync(clinic, "glass"));
    }

    [Fact]
    public async Task H8_Of_several_records_only_those_that_she_does_not_see_are_opened()
    {
        await using var clinic = await OpenAsync();
        await RegisterAsync(clinic, "own", Born, "rijnmond");
        await clinic.OpenThreadAsync("dr.bakker");   // of p1; a thread alone does not show the record
        var got = Ok(await clinic.SteppedUp("dr.bakker").BreakGlass());
        Assert.Equal(["p1", "twin"], Named(got, "patient").Select(p => (string)p["resource"]!["id"]!));
        Assert.Equal(2, await CountAsync(clinic, "glass"));
        clinic.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(409, (await clinic.SteppedUp("dr.bakker").BreakGlass()).Code);   // now she sees them all
        Assert.Equal(409, (await clinic.SteppedUp("dr.jansen").BreakGlass(("birthDate", "1980-01-01"))).Code);
        Assert.Equal(2, await CountAsync(clinic, "glass"));
    }

    [Fact]
    public async Task H8_Two_calls_at_once_with_one_token_open_who_is_registered_twice_once()
    {
        await using var clinic = await OpenAsync();
        clinic.Clock.Stop();
        var bakker = clinic.SteppedUp("dr.bakker");
        var got = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => bakker.BreakGlass()));
        Assert.Equal([200, 409, 409, 409, 409, 409], got.Select(g => g.Code).Order());
        Assert.Equal(2, await CountAsync(clinic, "glass"));
    }

    [Fact]
    public async Task H6_Care_for_who_is_registered_twice_is_declared_for_each_record_and_is_no_guess()
    {
        await using var clinic = await OpenAsync();
        await RegisterAsync(clinic, "own", Born, "rijnmond");
        var got = Ok(await clinic.Bakker.Declare(("days", 5)));
        Assert.Equal(("Patient", "p1"), ((string)got.Json["resourceType"]!, got.Id));
        Assert.Equal((200, 200), await SeenAsync(clinic.Bakker));
        var episodes = Ok(await clinic.Bakker.Get("/fhir/EpisodeOfCare")).Entries();
        Assert.Equal(["Patient/p1", "Patient/twin"], episodes.Select(e => (string)e["patient"]!["reference"]!).Order(StringComparer.Ordinal));
        Assert.Equal(2, await CountAsync(clinic, "care where kind = 1"));
        clinic.Clock.Advance(TimeSpan.FromDays(6));
        Assert.Equal((404, 404), await SeenAsync(clinic.Bakker));
        for (var i = 0; i < 12; i++) Ok(await clinic.Bakker.Declare(("days", 1)));
        Assert.Equal(404, (await clinic.Bakker.Declare(("birthDate", "1999-01-01"))).Code);
    }

    [Fact]
    public async Task H6_Of_several_records_that_which_is_denied_to_her_stays_shut_and_nobody_is_found_when_all_are()
    {
        await using var clinic = await OpenAsync();
        await DenyAsync(clinic, "twin");
        Assert.Equal("p1", Ok(await clinic.Bakker.Declare()).Id);
        Assert.Equal((200, 404), await SeenAsync(clinic.Bakker));
        Assert.Equal(1, await CountAsync(clinic, "care"));
        await DenyAsync(clinic, "p1");
        Assert.Equal((await clinic.Bakker.Declare(("birthDate", "1999-01-01"))).Shape(), (await clinic.Bakker.Declare()).Shape());
        Assert.Equal(1, await CountAsync(clinic, "care"));
    }

    // The stranger never; each record as a whole.
    private static async Task<(int First, int Second)> SeenAsync(Client by)
    {
        foreach (var url in (string[])["Patient/stranger", "Condition/c-stranger"]) Assert.Equal(404, (await by.Get($"/fhir/{url}")).Code);
        var codes = new List<int>();
        foreach (var patient in (string[])["p1", "twin"])
        {
            codes.Add((await by.Get($"/fhir/Patient/{patient}")).Code);
            Assert.Equal(codes[^1], (await by.Get($"/fhir/Condition/c-{patient}")).Code);
        }
        return (codes[0], codes[1]);
    }

    private static List<JsonNode> Named(Got got, string name) => [.. got.Json["parameter"]!.AsArray().Where(p => (string)p!["name"]! == name).Select(p => p!)];

    private static async Task DenyAsync(TestClinic clinic, string patient)
    {
        await using var session = await clinic.Database.WriteAsync(default);
        await session.ExecuteAsync(Sql.Of($"insert into denial(patient, actor, typ, from_at, until_at, source) select rid, {0}, {-1}, {0}, {long.MaxValue}, {1} from res where fid = {patient}"), default);
        await session.CommitAsync(default);
    }

    private static Task<long> CountAsync(TestClinic clinic, string what) => clinic.Database.FirstAsync(Sql.Raw($"select count(*) from {what}"), r => r.GetInt64(0), default).AsTask();
}

public sealed class TwiceOnSqlite : TwiceContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.SqliteAsync(); }
public sealed class TwiceOnPostgres : TwiceContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.PostgresAsync(); }
