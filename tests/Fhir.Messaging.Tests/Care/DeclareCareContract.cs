using System.Text.Json.Nodes;
using Fhir.Messaging.Tests.Clinic;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Tests;
using static Fhir.Messaging.Tests.CareTests.CareCalls;
using static Fhir.Messaging.Tests.Clinic.TestClinic;

namespace Fhir.Messaging.Tests.CareTests;

/// <summary>$declare-care over HTTP: dr. Bakker of Rijnmond declares that she cares for p1 of De Linde.</summary>
public abstract class DeclareCareContract
{
    protected abstract Task<TenantDatabase> EmptyAsync();

    private Task<TestClinic> OpenAsync() => TestClinic.OpenAsync(EmptyAsync);

    [Fact]
    public async Task H6_Declared_care_opens_the_patient_for_the_days_that_were_asked_and_no_longer()
    {
        await using var clinic = await OpenAsync();
        Assert.Equal(404, (await clinic.Bakker.Get("/fhir/Patient/p1")).Code);
        var patient = Ok(await clinic.Bakker.Declare(("days", 10)));
        Assert.Equal(("Patient", "p1"), ((string)patient.Json["resourceType"]!, patient.Id));
        Ok(await clinic.Bakker.Get("/fhir/Patient/p1"));
        Assert.Equal(404, (await clinic.Bakker.Get("/fhir/Patient/p2")).Code);
        Assert.Equal(404, (await clinic.DeVries.Get("/fhir/Patient/p1")).Code);
        clinic.Clock.Advance(TimeSpan.FromDays(10) - TimeSpan.FromMinutes(5));
        Ok(await clinic.Bakker.Get("/fhir/Patient/p1"));
        clinic.Clock.Advance(TimeSpan.FromMinutes(6));
        Assert.Equal(404, (await clinic.Bakker.Get("/fhir/Patient/p1")).Code);
    }

    [Fact]
    public async Task H6_The_declaration_stands_in_an_episode_with_its_reason_and_in_the_log_of_writes_and_reads()
    {
        await using var clinic = await OpenAsync();
        Ok(await clinic.Bakker.Declare());
        var episode = Assert.Single(Ok(await clinic.Bakker.Get("/fhir/EpisodeOfCare?patient=Patient/p1")).Entries());
        Assert.Equal("active", (string)episode["status"]!);
        Assert.Equal("Practitioner/dr.bakker", (string)episode["careManager"]!["reference"]!);
        Assert.Equal("Organization/rijnmond", (string)episode["managingOrganization"]!["reference"]!);
        var reason = episode["extension"]![0]!["valueCodeableConcept"]!;
        Assert.Equal(("locum", "Zij werd onwel op straat."), ((string)reason["coding"]![0]!["code"]!, (string)reason["text"]!));
        var days = DateTimeOffset.Parse((string)episode["period"]!["end"]!, null) - DateTimeOffset.Parse((string)episode["period"]!["start"]!, null);
        Assert.Equal(TimeSpan.FromDays(30), days);
        Assert.Equal(1, await CountAsync(clinic, "audit_write where act = 1 and fid = " + $"'{(string)episode["id"]!}' and patient is not null"));
        Assert.Equal(1, await CountAsync(clinic, "care where kind = 1"));
        Assert.Equal(0, await CountAsync(clinic, "care where kind = 0"));   // an episode of another practice is no care by itself
    }

    [Fact]
    public async Task H6_Whatever_does_not_fit_a_patient_has_one_answer_and_a_denial_has_the_same()
    {
        await using var clinic = await OpenAsync();
        await clinic.PutAsync("Patient", "vague", $$""" "identifier":[{"system":"{{ClinicUrls.Bsn}}","value":"999994542"}],"birthDate":"1975" """);
        var wrong = new[]
        {
            await clinic.Bakker.Declare(("identifier", Identifier("999990020"))),
            await clinic.Bakker.Declare(("identifier", Identifier(Bsn, "urn:other"))),
            await clinic.Bakker.Declare(("birthDate", "1975-03-19")),
            await clinic.Bakker.Declare(("identifier", Identifier("999911120")), ("birthDate", "1975-03-17")),
            await clinic.Bakker.Declare(("identifier", Identifier("no-such")), ("birthDate", "1900-01-01")),
            await clinic.Bakker.Declare(("identifier", Identifier(Bsn + ",999911120"))),
            await clinic.Bakker.Declare(("identifier", Identifier("999994542")), ("birthDate", "1975-03-18")),
        };
        Assert.All(wrong, got => Assert.Equal(404, got.Code));
        Assert.All(wrong, got => Assert.Equal(wrong[0].Shape(), got.Shape()));
        await DenyAsync(clinic, actor: 0);
        var denied = await clinic.Bakker.Declare();
        Assert.Equal(wrong[0].Shape(), denied.Shape());
        Assert.Equal(0, await CountAsync(clinic, "care"));
        Assert.Empty(Ok(await clinic.Integrator.Get("/fhir/EpisodeOfCare")).Entries());
    }

    [Fact]
    public async Task H6_A_denial_that_comes_later_shuts_declared_care_at_once()
    {
        await using var clinic = await OpenAsync();
        Ok(await clinic.Bakker.Declare());
        await DenyAsync(clinic, actor: await clinic.Database.FirstAsync(Sql.Of($"select rid from res where fid = {"rijnmond"} and typ = {Fhir.Server.Store.Access.AccessTable.Number("Organization")}"), r => r.GetInt64(0), default));
        Assert.Equal(404, (await clinic.Bakker.Get("/fhir/Patient/p1")).Code);
    }

    [Theory]
    [InlineData("identifier")]
    [InlineData("birthDate")]
    [InlineData("reason")]
    [InlineData("text")]
    public async Task H6_A_declaration_without_one_of_its_parameters_is_refused(string without)
    {
        await using var clinic = await OpenAsync();
        var got = await clinic.Bakker.Declare((without, null));
        Assert.Equal(400, got.Code);
        Assert.Equal(404, (await clinic.Bakker.Get("/fhir/Patient/p1")).Code);
    }

    [Fact]
    public async Task H6_A_declaration_with_a_value_out_of_bounds_is_refused()
    {
        await using var clinic = await OpenAsync();
        foreach (var (name, value) in ((string, JsonNode)[])
            [("days", 0), ("days", 366), ("text", "  "), ("text", new string('x', 2001)), ("birthDate", "1975-03"), ("reason", Coding("care-reason", "curious")), ("reason", Coding("break-glass-reason", "locum")), ("reason", new JsonObject { ["code"] = "locum" }), ("identifier", new JsonObject { ["value"] = Bsn })])
            Assert.Equal(400, (await clinic.Bakker.Declare((name, value))).Code);
        Assert.Equal(400, (await clinic.Bakker.Declare(("who", "PractitionerRole/dr.jansen"))).Code);
        Assert.Equal(0, await CountAsync(clinic, "care"));
    }

    [Fact]
    public async Task H6_Nobody_declares_whose_role_or_organisation_does_not_give_care()
    {
        await using var clinic = await OpenAsync();
        await clinic.PutAsync("PractitionerRole", "dr.smit", $$"""
            "active":true,"practitioner":{"reference":"Practitioner/dr.bakker"},"organization":{"reference":"Organization/arbodienst-oost"},"code":[{"coding":[{"system":"{{ClinicUrls.ClinicRole}}","code":"gp"}]}]
            """);
        foreach (var who in new[] { clinic.DeVries, clinic.DeWit, clinic.System, clinic.Integrator, clinic.Privacy(), clinic.As("dr.smit") })
            Assert.Equal(403, (await who.Declare()).Code);
        Assert.Equal(403, (await clinic.PatientHerself().Declare()).Code);
        Assert.Equal(0, await CountAsync(clinic, "care"));
    }

    [Theory]
    [InlineData("longer", 409)]
    [InlineData("endless", 409)]
    [InlineData("earlier", 409)]
    [InlineData("other", 409)]
    [InlineData("unlike", 200)]
    [InlineData("sooner", 200)]
    [InlineData("finished", 200)]
    [InlineData("deleted", 204)]
    public async Task H6_What_is_written_to_the_episode_ends_declared_care_and_never_prolongs_it_nor_says_that_it_does(string change, int status)
    {
        await using var clinic = await OpenAsync();
        Ok(await clinic.Bakker.Declare(("days", 5)));
        var declared = Assert.Single(Ok(await clinic.Bakker.Get("/fhir/EpisodeOfCare?patient=Patient/p1")).Entries());
        var (episode, path, now) = (declared.DeepClone(), $"/fhir/EpisodeOfCare/{(string)declared["id"]!}", clinic.Clock.GetUtcNow().UtcDateTime);
        if (change == "longer") episode["period"]!["end"] = Consents.Day(now.AddDays(300));
        if (change == "endless") episode["period"]!.AsObject().Remove("end");
        if (change == "earlier") episode["period"]!["start"] = Consents.Day(now.AddDays(-9));
        if (change == "unlike") episode["text"] = new JsonObject { ["status"] = "generated", ["div"] = "<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>" };
        if (change == "sooner") episode["period"]!["end"] = now.AddSeconds(-1).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", null);
        if (change == "finished") episode["status"] = "finished";
        if (change == "other") episode["careManager"]!["reference"] = "Practitioner/dr.jansen";
        Ok(change == "deleted" ? await clinic.Integrator.Delete(path) : await clinic.Bakker.Put(path, episode.ToJsonString()), status);
        if (status == 409) Ok(await clinic.Integrator.Put(path, episode.ToJsonString()), 409);   // nor does anybody else
        var stays = status == 409 || change == "unlike";
        Assert.Equal(stays ? 200 : 404, (await clinic.Bakker.Get("/fhir/Patient/p1")).Code);
        if (!stays)
        {
            Ok(await clinic.Integrator.Put(path, declared.ToJsonString()), 409);   // what has ended stays so, whoever opens the episode again
            Assert.Equal(404, (await clinic.Bakker.Get("/fhir/Patient/p1")).Code);
        }
        clinic.Clock.Advance(TimeSpan.FromDays(5) + TimeSpan.FromMinutes(1));
        Assert.Equal(404, (await clinic.Bakker.Get("/fhir/Patient/p1")).Code);
    }

    [Fact]
    public async Task H6_Declared_again_it_is_a_new_line_with_its_own_reason_and_the_first_one_says_what_it_said()
    {
        await using var clinic = await OpenAsync();
        Ok(await clinic.Bakker.Declare(("days", 5)));
        Ok(await clinic.Bakker.Declare(("days", 9), ("reason", Coding("care-reason", "visitor")), ("text", "Zij komt terug.")));
        var episodes = Ok(await clinic.Bakker.Get("/fhir/EpisodeOfCare?patient=Patient/p1")).Entries();
        Assert.Equal([5, 9], episodes.Select(e => (int)(DateTimeOffset.Parse((string)e["period"]!["end"]!, null) - DateTimeOffset.Parse((string)e["period"]!["start"]!, null)).TotalDays).Order());
        clinic.Clock.Advance(TimeSpan.FromDays(8));
        Ok(await clinic.Bakker.Get("/fhir/Patient/p1"));
        clinic.Clock.Advance(TimeSpan.FromDays(2));
        Assert.Equal(404, (await clinic.Bakker.Get("/fhir/Patient/p1")).Code);
    }

    [Fact]
    public async Task H6_An_episode_that_is_merely_written_declares_nothing()
    {
        await using var clinic = await OpenAsync();
        Ok(await clinic.Bakker.Declare(("identifier", Identifier("999911120"))));
        var episode = Assert.Single(Ok(await clinic.Bakker.Get("/fhir/EpisodeOfCare?patient=Patient/p2")).Entries());
        episode.AsObject().Remove("id");
        episode["patient"]!["reference"] = "Patient/p1";
        await clinic.Bakker.Post("/fhir/EpisodeOfCare", episode.ToJsonString());
        Assert.Equal(404, (await clinic.Bakker.Get("/fhir/Patient/p1")).Code);
    }

    private static async Task DenyAsync(TestClinic clinic, long actor)
    {
        await using var session = await clinic.Database.WriteAsync(default);
        await session.ExecuteAsync(Sql.Of(
            $"insert into denial(patient, actor, typ, from_at, until_at, source) select rid, {actor}, {-1}, {0}, {long.MaxValue}, {1} from res where fid = {"p1"}"), default);
        await session.CommitAsync(default);
    }

    private static Task<long> CountAsync(TestClinic clinic, string what) => clinic.Database.FirstAsync(Sql.Raw($"select count(*) from {what}"), r => r.GetInt64(0), default).AsTask();
}

public sealed class DeclareCareOnSqlite : DeclareCareContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.SqliteAsync(); }
public sealed class DeclareCareOnPostgres : DeclareCareContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.PostgresAsync(); }
