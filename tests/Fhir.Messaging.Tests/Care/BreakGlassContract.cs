using System.Text.Json.Nodes;
using Fhir.Messaging.Tests.Clinic;
using Fhir.Server.Api.Identity;
using Fhir.Server.Api.Tests;
using Fhir.Server.Api.Tests.Audit;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Tests;
using static Fhir.Messaging.Tests.CareTests.CareCalls;
using static Fhir.Messaging.Tests.Clinic.TestClinic;
using Op = Fhir.Messaging.Tests.Clinic.Threads;

namespace Fhir.Messaging.Tests.CareTests;

/// <summary>$break-glass over HTTP: dr. Bakker of Rijnmond opens p1 of De Linde in an emergency.</summary>
public abstract class BreakGlassContract
{
    protected abstract Task<TenantDatabase> EmptyAsync();

    private Task<TestClinic> OpenAsync() => TestClinic.OpenAsync(EmptyAsync);

    [Fact]
    public async Task H8_Broken_glass_opens_one_patient_to_one_person_for_its_minutes_and_nothing_after()
    {
        await using var clinic = await OpenAsync();
        await clinic.PutAsync("Condition", "c1", """ "subject":{"reference":"Patient/p1"} """);
        var bakker = clinic.SteppedUp("dr.bakker");
        Assert.Equal(404, (await bakker.Get("/fhir/Condition/c1")).Code);
        var got = Ok(await bakker.BreakGlass(("minutes", 10)));
        Assert.Equal("p1", (string)got.Parameter("patient")["resource"]!["id"]!);
        var until = DateTimeOffset.Parse((string)got.Parameter("until")["valueInstant"]!, null);
        Assert.InRange(until - clinic.Clock.GetUtcNow(), TimeSpan.FromMinutes(9), TimeSpan.FromMinutes(10));
        Ok(await bakker.Get("/fhir/Patient/p1"));
        Ok(await bakker.Get("/fhir/Condition/c1"));
        Assert.Equal(400, (await Op.Open(bakker, TestClinic.Patient, ["dr.jansen"], null)).Code);   // a thread would outlive the window
        Assert.Equal(404, (await bakker.Get("/fhir/Patient/p2")).Code);
        Assert.Equal(404, (await clinic.DeVries.Get("/fhir/Patient/p1")).Code);
        clinic.Clock.Advance(until - clinic.Clock.GetUtcNow() + TimeSpan.FromMilliseconds(1));
        Assert.Equal(404, (await bakker.Get("/fhir/Patient/p1")).Code);
        Assert.Equal(404, (await bakker.Get("/fhir/Condition/c1")).Code);
        Assert.Empty(Ok(await bakker.Get("/fhir/Condition?patient=Patient/p1")).Entries());
    }

    [Fact]
    public async Task H8_The_review_is_read_and_completed_by_the_privacy_officer_and_by_nobody_else()
    {
        await using var clinic = await OpenAsync();
        var bakker = clinic.SteppedUp("dr.bakker");
        var path = $"/fhir/{(string)Ok(await bakker.BreakGlass()).Parameter("task")["valueReference"]!["reference"]!}";
        var task = Ok(await clinic.Privacy().Get(path)).Json;
        Assert.Equal(("requested", "order", "urgent"), ((string)task["status"]!, (string)task["intent"]!, (string)task["priority"]!));
        Assert.Equal(("break-glass-review", "unconscious", "Zij werd onwel op straat."), ((string)task["code"]!["coding"]![0]!["code"]!, (string)task["reasonCode"]!["coding"]![0]!["code"]!, (string)task["reasonCode"]!["text"]!));
        Assert.Equal(("Patient/p1", "PractitionerRole/dr.bakker"), ((string)task["for"]!["reference"]!, (string)task["requester"]!["reference"]!));
        Assert.Equal(TimeSpan.FromHours(24), DateTimeOffset.Parse((string)task["restriction"]!["period"]!["end"]!, null) - DateTimeOffset.Parse((string)task["authoredOn"]!, null));
        Assert.Single(Ok(await clinic.Privacy().Get("/fhir/Task?status=requested")).Entries());
        foreach (var other in new[] { bakker, clinic.Jansen, clinic.DeWit, clinic.DeVries, clinic.System, clinic.PatientHerself() }) Assert.Equal(404, (await other.Get(path)).Code);
        var done = task.DeepClone();
        done["status"] = "completed";
        done["note"] = new JsonArray(new JsonObject { ["text"] = "Terecht." });
        foreach (var other in new[] { bakker, clinic.Jansen, clinic.System }) Assert.Equal(404, (await other.Put(path, done.ToJsonString())).Code);
        Assert.Equal(403, (await clinic.Integrator.Put(path, done.ToJsonString())).Code);
        Assert.Equal(403, (await clinic.Integrator.Delete(path)).Code);
        foreach (var (name, value) in ((string, JsonNode)[])[("description", "Niets aan de hand"), ("priority", "routine"), ("for", new JsonObject { ["reference"] = "Patient/p2" }), ("status", "cancelled"), ("status", "entered-in-error")])
        {
            var forged = task.DeepClone();
            forged[name] = value;
            Assert.InRange((await clinic.Privacy().Put(path, forged.ToJsonString())).Code, 400, 499);
        }
        var hiding = task.DeepClone();
        hiding["meta"]!["security"] = new JsonArray(new JsonObject { ["system"] = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", ["code"] = "V" });
        Assert.InRange((await clinic.Privacy().Put(path, hiding.ToJsonString())).Code, 400, 499);
        Ok(await clinic.Privacy().Put(path, done.ToJsonString()));
        Assert.Equal("completed", (string)Ok(await clinic.Privacy().Get(path)).Json["status"]!);
        done["note"]![0]!["text"] = "Toch niet.";
        Assert.Equal(409, (await clinic.Privacy().Put(path, done.ToJsonString())).Code);
        Assert.InRange((await clinic.Privacy().Delete(path)).Code, 400, 499);
        Ok(await clinic.Privacy().Get(path));
    }

    [Fact]
    public async Task H8_The_lines_of_the_log_say_what_was_done_with_broken_glass_whoever_empties_its_table()
    {
        await using var clinic = await OpenAsync();
        await clinic.PutAsync("Condition", "c1", """ "subject":{"reference":"Patient/p1"} """);
        var bakker = clinic.SteppedUp("dr.bakker");
        Task<Got> Ask(string path, string request) => bakker.Get(path, ("X-Request-Id", request));
        Assert.Equal(404, (await Ask("/fhir/Condition/c1", "before")).Code);
        var broken = Ok(await bakker.BreakGlass(("minutes", 10))).Headers.GetValues("X-Request-Id").Single();
        Ok(await Ask("/fhir/Condition/c1", "read"));
        Ok(await Ask("/fhir/Condition?patient=Patient/p1", "search"));
        Assert.Equal(404, (await Ask("/fhir/Patient/p2", "other")).Code);
        Ok(await Ask("/fhir/Practitioner/dr.jansen", "nobody"));
        clinic.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(404, (await Ask("/fhir/Condition/c1", "after")).Code);
        await using (var session = await clinic.Database.WriteAsync(default))
        {
            await session.ExecuteAsync(Sql.Raw("delete from glass"), default);
            await session.CommitAsync(default);
        }
        var marked = await clinic.As("privacy").Log("_security=BTG");
        Assert.Equal([broken, "read", "search"], marked.Select(e => e.Request()).Distinct().Reverse());
        Assert.Equal(3, marked.Count(e => e.Request() == broken));   // the review, the notice, and the operation itself
        Assert.All(marked, e => Assert.Equal("BTG", e.Purpose()));
    }

    [Fact]
    public async Task H8_The_patient_reads_that_her_record_was_opened_and_nothing_of_it_is_clinical()
    {
        await using var clinic = await OpenAsync();
        Ok(await clinic.SteppedUp("dr.bakker").BreakGlass());
        var notice = Assert.Single(Ok(await clinic.PatientHerself().Get("/fhir/Communication")).Entries());
        Assert.Equal("notification", (string)notice["category"]![0]!["coding"]![0]!["code"]!);
        Assert.Equal(("Patient/p1", "PractitionerRole/dr.bakker"), ((string)notice["recipient"]![0]!["reference"]!, (string)notice["sender"]!["reference"]!));
        Assert.DoesNotContain("onwel", notice.ToJsonString(), StringComparison.Ordinal);
        Assert.DoesNotContain("unconscious", notice.ToJsonString(), StringComparison.Ordinal);
        var path = $"/fhir/Communication/{(string)notice["id"]!}";
        foreach (var other in new[] { clinic.SteppedUp("dr.bakker"), clinic.Jansen, clinic.DeVries, clinic.System, clinic.PatientHerself("Patient/p2") }) Assert.Equal(404, (await other.Get(path)).Code);
        notice["payload"]![0]!["contentString"] = "Niets gebeurd.";
        foreach (var other in new[] { clinic.Integrator, clinic.Privacy(), clinic.PatientHerself() }) Assert.InRange((await other.Put(path, notice.ToJsonString())).Code, 400, 499);
        Assert.Equal(409, (await clinic.Integrator.Delete(path)).Code);
    }

    [Fact]
    public async Task H8_Without_a_fresh_step_up_the_answer_says_how_to_get_one()
    {
        await using var clinic = await OpenAsync();
        var got = await clinic.Bakker.BreakGlass();
        Assert.Equal(401, got.Code);
        Assert.Equal($"Bearer error=\"insufficient_user_authentication\", acr_values=\"{Fhir.Server.Api.ApiSettings.DefaultStepUpAcr}\", max_age=\"300\"", got.Headers.WwwAuthenticate.ToString());
        var old = clinic.SteppedUp("dr.bakker");
        clinic.Clock.Advance(TimeSpan.FromMinutes(5) + TimeSpan.FromSeconds(2));
        Assert.Equal(401, (await old.BreakGlass()).Code);
        Assert.Equal(404, (await old.Get("/fhir/Patient/p1")).Code);
        Assert.Equal(0, await CountAsync(clinic, "glass"));
        Ok(await clinic.SteppedUp("dr.bakker").BreakGlass());
    }

    [Theory]
    [InlineData("reason")]
    [InlineData("text")]
    [InlineData("identifier")]
    [InlineData("birthDate")]
    public async Task H8_Without_one_of_its_parameters_no_glass_is_broken(string without)
    {
        await using var clinic = await OpenAsync();
        var bakker = clinic.SteppedUp("dr.bakker");
        Assert.Equal(400, (await bakker.BreakGlass((without, null))).Code);
        Assert.Equal(404, (await bakker.Get("/fhir/Patient/p1")).Code);
    }

    [Fact]
    public async Task H8_A_value_out_of_bounds_is_refused_and_leaves_the_token_good()
    {
        await using var clinic = await OpenAsync();
        var bakker = clinic.SteppedUp("dr.bakker");
        foreach (var (name, value) in ((string, JsonNode)[])
            [("text", " \t"), ("minutes", 31), ("minutes", 0), ("minutes", -5), ("reason", Coding("break-glass-reason", "curious")), ("reason", Coding("care-reason", "locum"))])
            Assert.Equal(400, (await bakker.BreakGlass((name, value))).Code);
        Assert.Equal(0, await CountAsync(clinic, "glass"));
        Ok(await bakker.BreakGlass(("minutes", 30)));
    }

    [Fact]
    public async Task H8_A_wrong_birth_date_and_a_patient_who_is_not_there_have_one_answer()
    {
        await using var clinic = await OpenAsync();
        var bakker = clinic.SteppedUp("dr.bakker");
        var wrong = new[]
        {
            await bakker.BreakGlass(("birthDate", "1975-03-19")),
            await bakker.BreakGlass(("identifier", Identifier("999990020"))),
            await bakker.BreakGlass(("identifier", Identifier("no-such")), ("birthDate", "1900-01-01")),
        };
        Assert.All(wrong, got => Assert.Equal(404, got.Code));
        Assert.All(wrong, got => Assert.Equal(wrong[0].Shape(), got.Shape()));
        Assert.Equal(0, await CountAsync(clinic, "glass"));
        Assert.Empty(Ok(await clinic.Privacy().Get("/fhir/Task")).Entries());
    }

    [Fact]
    public async Task H8_A_token_breaks_glass_once()
    {
        await using var clinic = await OpenAsync();
        var bakker = clinic.SteppedUp("dr.bakker");
        Ok(await bakker.BreakGlass(("minutes", 1)));
        Assert.Equal(409, (await bakker.BreakGlass()).Code);
        Assert.Equal(409, (await bakker.BreakGlass(("identifier", Identifier("999911120")))).Code);
        Assert.Equal(409, (await bakker.BreakGlass(("identifier", Identifier("no-such")))).Code);   // a spent token tells nothing of who is known here
        Assert.Equal(404, (await bakker.Get("/fhir/Patient/p2")).Code);
        clinic.Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(409, (await bakker.BreakGlass()).Code);
        Assert.Equal(404, (await bakker.Get("/fhir/Patient/p1")).Code);
        Ok(await clinic.SteppedUp("dr.bakker").BreakGlass());
        Assert.Equal(2, await CountAsync(clinic, "glass"));
    }

    [Fact]
    public async Task H8_Two_calls_at_once_with_one_token_break_one_glass()
    {
        await using var clinic = await OpenAsync();
        var bakker = clinic.SteppedUp("dr.bakker");
        var got = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => bakker.BreakGlass(("identifier", Identifier(i % 2 == 0 ? Bsn : "999911120")))));
        Assert.Equal([200, 409, 409, 409, 409, 409], got.Select(g => g.Code).Order());
        Assert.Equal(1, await CountAsync(clinic, "glass"));
    }

    [Fact]
    public async Task H8_Nobody_breaks_glass_whose_role_may_not_or_who_sees_the_patient_already()
    {
        await using var clinic = await OpenAsync();
        await clinic.PutAsync("PractitionerRole", "dr.smit", $$"""
            "active":true,"practitioner":{"reference":"Practitioner/dr.bakker"},"organization":{"reference":"Organization/arbodienst-oost"},"code":[{"coding":[{"system":"{{ClinicUrls.ClinicRole}}","code":"gp"}]}]
            """);
        var admin = clinic.With(new("admin", "user/*.cruds", TimeSpan.FromMinutes(60)) { Role = Role.Administrator, SteppedUp = true });
        var system = clinic.With(new("his-delinde", "system/*.cruds", TimeSpan.FromMinutes(60)) { Role = Role.PracticeSystem, Organization = "Organization/de-linde", SteppedUp = true });
        foreach (var who in new[] { clinic.SteppedUp("dr.devries"), clinic.SteppedUp("s.dewit"), clinic.SteppedUp("dr.smit"), admin, system, clinic.Privacy(), clinic.PatientHerself(), clinic.Integrator })
            Assert.Equal(403, (await who.BreakGlass()).Code);
        Assert.Equal(409, (await clinic.SteppedUp("dr.jansen").BreakGlass()).Code);
        Assert.Equal(0, await CountAsync(clinic, "glass"));
    }

    [Fact]
    public async Task H8_Who_knows_the_patient_from_a_thread_alone_may_need_it()
    {
        await using var clinic = await OpenAsync();
        await clinic.OpenThreadAsync("dr.bakker");
        var bakker = clinic.SteppedUp("dr.bakker");
        Ok(await bakker.Get("/fhir/Patient/p1"));
        Ok(await bakker.BreakGlass());
    }

    [Fact]
    public async Task H8_A_token_whose_scopes_do_not_cover_it_breaks_nothing()
    {
        await using var clinic = await OpenAsync();
        foreach (var scope in new[] { "user/*.rs", "user/Patient.rs user/Task.c", "user/Observation.rs" })
        {
            var reader = clinic.With(new("dr.bakker", scope, TimeSpan.FromMinutes(60)) { PractitionerRole = "PractitionerRole/dr.bakker", SteppedUp = true });
            Assert.Equal(403, (await reader.BreakGlass()).Code);
            Assert.Equal(403, (await reader.BreakGlass(("birthDate", "1900-01-01"))).Code);   // whether they fit is not told
        }
        Assert.Equal(0, await CountAsync(clinic, "glass"));
        Assert.Empty(Ok(await clinic.Privacy().Get("/fhir/Task")).Entries());
    }

    [Fact]
    public async Task H8_A_privacy_officer_writes_no_other_task_and_a_task_that_only_looks_like_a_review_is_none()
    {
        await using var clinic = await OpenAsync();
        var look = $$"""{"resourceType":"Task","status":"requested","intent":"order","code":{"coding":[{"system":"{{ClinicUrls.Review}}","code":"break-glass-review"}]},"for":{"reference":"Patient/p1"} }""";
        Assert.Equal(403, (await clinic.Privacy().Post("/fhir/Task", look)).Code);
        Ok(await clinic.Jansen.Post("/fhir/Task", look), 201);
        Assert.Empty(Ok(await clinic.Privacy().Get("/fhir/Task")).Entries());
    }

    private static Task<long> CountAsync(TestClinic clinic, string what) => clinic.Database.FirstAsync(Sql.Raw($"select count(*) from {what}"), r => r.GetInt64(0), default).AsTask();
}

public sealed class BreakGlassOnSqlite : BreakGlassContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.SqliteAsync(); }
public sealed class BreakGlassOnPostgres : BreakGlassContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.PostgresAsync(); }
