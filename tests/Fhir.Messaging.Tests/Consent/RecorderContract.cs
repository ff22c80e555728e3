using System.Text.Json.Nodes;
using Fhir.Messaging.Tests.CareTests;
using Fhir.Messaging.Tests.Clinic;
using Fhir.Server.Api.Tests;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Tests;
using static Fhir.Messaging.Tests.Clinic.TestClinic;
using Op = Fhir.Messaging.Tests.Clinic.Threads;

namespace Fhir.Messaging.Tests.ConsentTests;

/// <summary>Who records a consent, who may lift one, and what a recorded denial does to who reads the record.</summary>
public abstract class RecorderContract
{
    private const string Doctor = "PractitionerRole/dr.devries", Linde = "Organization/de-linde", Rijnmond = "Organization/rijnmond";

    protected abstract Task<TenantDatabase> EmptyAsync();

    private async Task<TestClinic> OpenAsync()
    {
        var clinic = await TestClinic.OpenAsync(EmptyAsync);
        foreach (var (name, role, organization) in ((string, string, string)[])[("apotheek", "pharmacist", "de-linde"), ("fysio", "paramedic", "de-linde"), ("poh", "practice-nurse", "de-linde")])
            await clinic.PutAsync("PractitionerRole", name,
                $$""" "active":true,"practitioner":{"reference":"Practitioner/dr.bakker"},"organization":{"reference":"Organization/{{organization}}"},"code":[{"coding":[{"system":"{{ClinicUrls.ClinicRole}}","code":"{{role}}"}]}] """);
        Ok(await clinic.Jansen.Post("/fhir/CareTeam", $$"""{"resourceType":"CareTeam","status":"active","subject":{"reference":"{{Patient}}"},"participant":[{"member":{"reference":"PractitionerRole/dr.bakker"} }]}"""), 201);
        return clinic;
    }

    [Theory]
    [InlineData("dr.jansen", Doctor, 201)]
    [InlineData("poh", Doctor, 201)]
    [InlineData("dr.bakker", Doctor, 201)]
    [InlineData("dr.bakker", Linde, 201)]
    [InlineData("dr.bakker", Rijnmond, 403)]
    [InlineData("s.dewit", Doctor, 403)]
    [InlineData("apotheek", Doctor, 403)]
    [InlineData("fysio", Doctor, 403)]
    [InlineData("his-delinde", Doctor, 403)]
    [InlineData("admin", Doctor, 403)]
    public async Task A_consent_is_recorded_by_a_clinician_who_treats_the_patient(string by, string actor, int status)
    {
        await using var clinic = await OpenAsync();
        var got = await clinic.As(by).Post("/fhir/Consent", For(clinic, actor));
        Assert.True(got.Code == status, got.Text);
    }

    [Fact]
    public async Task Who_knows_the_patient_from_a_thread_only_records_none()
    {
        await using var clinic = await TestClinic.OpenAsync(EmptyAsync);
        await clinic.OpenThreadAsync("dr.bakker", "een");
        Ok(await clinic.Bakker.Get($"/fhir/{Patient}"));
        Assert.Equal((403, "Consent.patient"), await clinic.Bakker.Post("/fhir/Consent", For(clinic, Doctor)) is var got ? (got.Code, got.Places[0]) : default);
    }

    [Fact]
    public async Task Nobody_lets_in_a_colleague_of_her_own_organisation()
    {
        await using var clinic = await OpenAsync();
        await clinic.PutAsync("PractitionerRole", "arts.rijnmond",
            $$""" "active":true,"practitioner":{"reference":"Practitioner/dr.devries"},"organization":{"reference":"Organization/rijnmond"},"code":[{"coding":[{"system":"{{ClinicUrls.ClinicRole}}","code":"company-doctor"}]}] """);
        Assert.Equal(403, (await clinic.Bakker.Post("/fhir/Consent", For(clinic, "PractitionerRole/arts.rijnmond"))).Code);
        Ok(await clinic.Jansen.Post("/fhir/Consent", For(clinic, "PractitionerRole/arts.rijnmond")), 201);
    }

    [Fact]
    public async Task Whom_the_patient_shut_out_records_nothing_in_his_name()
    {
        await using var clinic = await OpenAsync();
        Ok(await clinic.Bakker.Post("/fhir/Consent", For(clinic, Doctor)), 201);
        Ok(await clinic.Jansen.Post("/fhir/Consent", Deny(clinic, Rijnmond)), 201);
        var glass = clinic.SteppedUp("dr.bakker");
        Ok(await glass.BreakGlass());
        Ok(await glass.Get($"/fhir/{Patient}"));
        foreach (var consent in (string[])[For(clinic, Doctor), Deny(clinic, "PractitionerRole/poh")]) Ok(await glass.Post("/fhir/Consent", consent), 403);
        Ok(await clinic.Jansen.Post("/fhir/Consent", For(clinic, Doctor)), 201);
    }

    [Fact]
    public async Task An_assistant_records_on_behalf_of_a_clinician_and_lets_in_neither_herself_nor_her()
    {
        await using var clinic = await OpenAsync();
        var behalf = clinic.As("s.dewit", t => t with { OnBehalfOf = "PractitionerRole/dr.jansen" });
        Ok(await behalf.Post("/fhir/Consent", For(clinic, Doctor)), 201);
        foreach (var actor in (string[])["PractitionerRole/dr.jansen", "PractitionerRole/s.dewit", Linde, "Practitioner/dr.jansen"])
            Assert.Equal(403, (await behalf.Post("/fhir/Consent", For(clinic, actor))).Code);
        Assert.Equal(403, (await clinic.As("s.dewit", t => t with { OnBehalfOf = "PractitionerRole/apotheek" }).Post("/fhir/Consent", For(clinic, Doctor))).Code);
    }

    [Fact]
    public async Task It_is_the_patient_who_gives_it()
    {
        await using var clinic = await OpenAsync();
        foreach (var performer in (string?[])[null, "PractitionerRole/dr.jansen", "Patient/p2"])
        {
            var got = await clinic.Jansen.Post("/fhir/Consent", For(clinic, Doctor, c => By(c, performer)));
            Assert.Equal((403, "Consent.performer"), (got.Code, got.Places[0]));
        }
        Assert.Equal(400, (await clinic.Jansen.Post("/fhir/Consent", For(clinic, Doctor, c => c.Remove("patient")))).Code);
        Ok(await clinic.Integrator.Post("/fhir/Consent", For(clinic, Doctor, c => By(c, null))), 201);
    }

    [Fact]
    public async Task It_stays_with_its_patient_whoever_moves_it()
    {
        await using var clinic = await OpenAsync();
        var id = Ok(await clinic.Jansen.Post("/fhir/Consent", For(clinic, Doctor)), 201).Id;
        var moved = JsonNode.Parse(For(clinic, Doctor))!.AsObject();
        (moved["id"], moved["patient"]!["reference"]) = (id, "Patient/p2");
        By(moved, "Patient/p2");
        var got = await clinic.Integrator.Put($"/fhir/Consent/{id}", moved.ToJsonString());
        Assert.Equal((400, "Consent.patient"), (got.Code, got.Places.FirstOrDefault()));
    }

    private static void By(JsonObject consent, string? performer)
    {
        consent.Remove("performer");
        if (performer is not null) consent["performer"] = new JsonArray(new JsonObject { ["reference"] = performer });
    }

    [Theory]
    [InlineData("CareTeam/hart")]
    [InlineData("Group/artsen")]
    [InlineData("https://samenspraak.example/fhir/Organization/de-linde")]
    [InlineData("PractitionerRole/poh.arbo")]
    public async Task Nobody_lets_herself_in_by_another_name(string actor)
    {
        await using var clinic = await OpenAsync();
        await clinic.PutAsync("PractitionerRole", "poh.arbo",
            $$""" "active":true,"practitioner":{"reference":"Practitioner/dr.jansen"},"organization":{"reference":"Organization/arbodienst-oost"},"code":[{"coding":[{"system":"{{ClinicUrls.ClinicRole}}","code":"company-doctor"}]}] """);
        await clinic.PutAsync("CareTeam", "hart", $$""" "status":"active","subject":{"reference":"{{Patient}}"} """, "de-linde");
        await clinic.PutAsync("Group", "artsen", """ "type":"practitioner","actual":true """, "de-linde");
        Assert.Equal(403, (await clinic.Jansen.Post("/fhir/Consent", For(clinic, actor))).Code);
        var nested = For(clinic, Doctor, c => (c.Provision()["type"], c.Provision()["provision"]) = ("deny", new JsonArray(new JsonObject { ["type"] = "permit", ["actor"] = new JsonArray(Consents.Actor(actor)) })));
        Assert.Equal(403, (await clinic.Jansen.Post("/fhir/Consent", nested)).Code);
    }

    [Theory]
    [InlineData(Rijnmond)]
    [InlineData("PractitionerRole/dr.bakker")]
    [InlineData("Practitioner/dr.bakker")]
    [InlineData("CareTeam/hart")]
    [InlineData(null)]
    public async Task Nobody_lifts_or_shortens_a_denial_that_shuts_her_out(string? actor)
    {
        await using var clinic = await OpenAsync();
        var denial = For(clinic, actor ?? "x", c => (c["id"], c.Provision()["type"], c.Provision()["actor"]) = ("d1", "deny", actor is null ? null : c.Provision()["actor"]!.DeepClone()));
        var content = JsonNode.Parse(denial)!.AsObject();
        content.Remove("resourceType");
        content.Remove("id");
        await clinic.PutAsync("Consent", "d1", content.ToJsonString()[1..^1], home: "rijnmond");   // its own organisation's, so that only this rule stands in the way
        foreach (var change in (Action<JsonObject>[])[c => c["status"] = "inactive", c => c.Provision()["period"]!["end"] = "2020-01-01", c => c.Provision()["actor"] = new JsonArray(Consents.Actor(Doctor)), c => c.Provision()["type"] = "permit"])
        {
            var changed = JsonNode.Parse(denial)!.AsObject();
            change(changed);
            Assert.True((await clinic.Bakker.Put("/fhir/Consent/d1", changed.ToJsonString())).Code is 403 or 404);
        }
        Assert.True((await clinic.Bakker.Delete("/fhir/Consent/d1")).Code is 403 or 404);
        Assert.Equal("active", (string?)Ok(await clinic.Integrator.Get("/fhir/Consent/d1")).Json["status"]);
    }

    [Theory]
    [InlineData("permit", Rijnmond)]
    [InlineData("permit", "PractitionerRole/dr.bakker")]
    [InlineData("deny", null)]
    public async Task Nobody_changes_what_lets_her_in_nor_lifts_what_is_denied_to_everyone_where_the_record_is_not_kept(string type, string? actor)
    {
        await using var clinic = await OpenAsync();
        var consent = JsonNode.Parse(For(clinic, actor ?? "x", c =>
        {
            c.Provision()["type"] = type;
            if (type == "deny") c.Provision()["class"] = new JsonArray(new JsonObject { ["system"] = "http://hl7.org/fhir/resource-types", ["code"] = "Observation" });   // she sees enough to try
            if (actor is null) c.Provision().Remove("actor");
        }))!.AsObject();
        consent.Remove("resourceType");
        await clinic.PutAsync("Consent", "d1", consent.ToJsonString()[1..^1], home: "rijnmond");   // its own organisation's, so that only this rule stands in the way
        Ok(await clinic.Bakker.Get("/fhir/Consent/d1"));
        consent.Insert(0, "resourceType", "Consent");
        (consent["id"], consent.Provision()["type"], consent.Provision()["actor"]) = ("d1", "permit", new JsonArray(Consents.Actor(Doctor)));
        Assert.Equal(403, (await clinic.Bakker.Put("/fhir/Consent/d1", consent.ToJsonString())).Code);
        Assert.Equal(403, (await clinic.Bakker.Delete("/fhir/Consent/d1")).Code);
    }

    [Fact]
    public async Task A_denial_of_everyone_is_taken_back_at_the_practice_that_keeps_the_record()
    {
        await using var clinic = await OpenAsync();
        var id = Ok(await clinic.Jansen.Post("/fhir/Consent", Deny(clinic, Rijnmond, c => c.Provision().Remove("actor"))), 201).Id;
        Assert.True((await clinic.Bakker.Delete($"/fhir/Consent/{id}")).Code is 403 or 404);
        Assert.Equal(204, (await clinic.Jansen.Delete($"/fhir/Consent/{id}")).Code);
    }

    [Fact]
    public async Task Who_keeps_the_record_sees_and_ends_each_consent_about_its_patient_whoever_recorded_it()
    {
        await using var clinic = await OpenAsync();
        foreach (var json in (string[])[For(clinic, Doctor), Deny(clinic, Doctor), Deny(clinic, Linde, c => c.Provision().Remove("actor")), Deny(clinic, "https://elsewhere.example/fhir/Group/artsen")])
        {
            var id = Ok(await clinic.Bakker.Post("/fhir/Consent", json), 201).Id;
            Ok(await clinic.Jansen.Get($"/fhir/Consent/{id}"));
            Assert.Contains(id, Ok(await clinic.Jansen.Get($"/fhir/Consent?patient={Patient}")).Entries().Select(e => (string?)e["id"]));
            Assert.Equal(404, (await clinic.DeWit.Get($"/fhir/Consent/{id}")).Code);   // not each of its people: who may record one
            Assert.Equal(403, (await clinic.Jansen.Delete($"/fhir/Consent/{id}")).Code);   // ended, with what was agreed still to be read
            await ChangeAsync(clinic, id, json.Replace("\"active\"", "\"inactive\"", StringComparison.Ordinal));
        }
        Assert.Equal(0, await clinic.Database.FirstAsync(Sql.Raw("select count(*) from denial"), r => r.GetInt64(0), default));
    }

    [Fact]
    public async Task Who_keeps_the_record_does_not_end_a_denial_that_names_it_or_lets_itself_in_by_an_update()
    {
        await using var clinic = await OpenAsync();
        foreach (var (actor, code) in ((string, int)[])[(Linde, 403), ("PractitionerRole/dr.jansen", 404), ("Practitioner/dr.jansen", 404)])
        {
            var json = Deny(clinic, actor);
            var id = Ok(await clinic.Bakker.Post("/fhir/Consent", json), 201).Id;
            Assert.Equal(code, (await PutAsync(clinic.Jansen, id, json.Replace("\"active\"", "\"inactive\"", StringComparison.Ordinal))).Code);
            Ok(await PutAsync(clinic.Bakker, id, json.Replace("\"active\"", "\"inactive\"", StringComparison.Ordinal)));
        }
        var other = Ok(await clinic.Bakker.Post("/fhir/Consent", For(clinic, Doctor)), 201).Id;
        Assert.Equal(403, (await PutAsync(clinic.Jansen, other, For(clinic, Linde))).Code);
        Ok(await PutAsync(clinic.As("poh"), other, For(clinic, Doctor, c => c["status"] = "inactive")));
    }

    [Fact]
    public async Task A_practice_that_does_not_keep_the_record_neither_sees_nor_ends_what_another_recorded()
    {
        await using var clinic = await TestClinic.OpenAsync(EmptyAsync);
        var id = await clinic.ConsentAsync();
        Assert.Equal(404, (await clinic.Bakker.Get($"/fhir/Consent/{id}")).Code);
        Assert.Equal(404, (await PutAsync(clinic.Bakker, id, For(clinic, Doctor, c => c["status"] = "inactive"))).Code);
        Ok(await clinic.Bakker.Declare(), 200);
        Ok(await clinic.Bakker.Get($"/fhir/Consent/{id}"));
        Assert.Equal(403, (await PutAsync(clinic.Bakker, id, For(clinic, Doctor, c => c["status"] = "inactive"))).Code);
    }

    [Theory]
    [InlineData("PractitionerRole/dr.jansen")]
    [InlineData("Practitioner/dr.jansen")]
    [InlineData("https://elsewhere.example/fhir/PractitionerRole/dr.jansen")]
    [InlineData(Linde)]
    [InlineData("https://elsewhere.example/fhir/Group/artsen")]
    [InlineData(null)]
    public async Task Who_declared_her_care_herself_records_no_denial_that_the_keeper_of_the_record_falls_under(string? actor)
    {
        await using var clinic = await TestClinic.OpenAsync(EmptyAsync);
        Ok(await clinic.Bakker.Declare());
        var denial = Deny(clinic, actor ?? "x", c => c.Provision()["actor"] = actor is null ? null : c.Provision()["actor"]!.DeepClone());
        var got = await clinic.Bakker.Post("/fhir/Consent", denial);
        Assert.Equal((403, "Consent.provision"), (got.Code, got.Places[0]));
        var nested = For(clinic, Doctor, c => c.Provision()["provision"] = new JsonArray(new JsonObject { ["type"] = "deny", ["actor"] = new JsonArray(Consents.Actor(actor ?? "https://elsewhere.example/fhir/CareTeam/x")) }));
        Assert.Equal(403, (await clinic.Bakker.Post("/fhir/Consent", nested)).Code);
        var id = Ok(await clinic.Bakker.Post("/fhir/Consent", Deny(clinic, Doctor)), 201).Id;
        Assert.Equal(403, (await PutAsync(clinic.Bakker, id, denial)).Code);
        Ok(await clinic.Bakker.Post("/fhir/Consent", For(clinic, Doctor)), 201);
        Ok(await clinic.Jansen.Get("/fhir/Patient/p1"));
        Ok(await clinic.Jansen.Post("/fhir/CareTeam", $$"""{"resourceType":"CareTeam","status":"active","subject":{"reference":"{{Patient}}"},"participant":[{"member":{"reference":"PractitionerRole/dr.bakker"} }]}"""), 201);
        Ok(await clinic.Bakker.Post("/fhir/Consent", denial), 201);
    }

    [Theory]
    [InlineData("PractitionerRole/dr.jansen")]
    [InlineData("Practitioner/dr.jansen")]
    public async Task What_is_denied_to_a_clinician_is_denied_to_the_assistant_who_acts_for_her(string actor)
    {
        await using var clinic = await OpenAsync();
        var observation = Ok(await clinic.Jansen.Post("/fhir/Observation", Observation), 201).Id;
        var thread = Ok(await Op.Open(clinic.Bakker, Patient, ["s.dewit"], "x"), 201).Id;
        var (herself, behalf) = (clinic.DeWit, clinic.As("s.dewit", t => t with { OnBehalfOf = "PractitionerRole/dr.jansen" }));
        foreach (var she in (Client[])[herself, behalf]) Ok(await she.Get($"/fhir/Communication/{thread}"));
        Ok(await clinic.Bakker.Post("/fhir/Consent", Deny(clinic, actor)), 201);
        var part = $$"""{"resourceType":"Communication","status":"completed","subject":{"reference":"{{Patient}}"},"partOf":[{"reference":"Communication/{{thread}}"}],"sender":{"reference":"PractitionerRole/s.dewit"},"sent":"2026-11-22T09:00:00Z","payload":[{"contentString":"x"}]}""";
        foreach (var (she, seen, sent) in ((Client, int, int)[])[(behalf, 404, 400), (herself, 200, 201)])
        {
            foreach (var url in (string[])["Patient/p1", $"Observation/{observation}", $"Communication/{thread}", $"Communication/{thread}/$messages"]) Assert.Equal(seen, (await she.Get($"/fhir/{url}")).Code);
            Assert.Equal(seen == 200 ? 1 : 0, Ok(await Op.Inbox(she)).Entries().Count);
            Assert.Equal(seen, (await she.Put($"/fhir/Observation/{observation}", Observation.Replace("\"status\"", $"\"id\":\"{observation}\",\"status\"", StringComparison.Ordinal))).Code);
            Assert.Equal(seen == 200 ? 201 : 404, (await Op.Send(she, thread, "x")).Code);
            Assert.Equal(sent, (await she.Post("/fhir/Communication", part)).Code);
        }
    }

    private static Task<Got> PutAsync(Client by, string id, string json)
    {
        var consent = JsonNode.Parse(json)!.AsObject();
        consent["id"] = id;
        return by.Put($"/fhir/Consent/{id}", consent.ToJsonString());
    }

    [Fact]
    public async Task What_the_own_practice_may_tell_it_records_and_withdraws_itself()
    {
        await using var clinic = await OpenAsync();
        var json = For(clinic, Doctor, c => c.Provision()["actor"]!.AsArray().Add(Consents.Actor(Linde, "CST")));
        var id = Ok(await clinic.Jansen.Post("/fhir/Consent", json), 201).Id;
        var withdrawn = JsonNode.Parse(json)!.AsObject();
        (withdrawn["id"], withdrawn["status"]) = (id, "inactive");
        Ok(await clinic.Jansen.Put($"/fhir/Consent/{id}", withdrawn.ToJsonString()));
    }

    [Fact]
    public async Task A_denial_takes_the_record_from_who_cares_and_gives_it_back_when_it_ends()
    {
        await using var clinic = await OpenAsync();
        Ok(await clinic.Jansen.Post("/fhir/Observation", Observation), 201);
        Ok(await clinic.Jansen.Post("/fhir/MedicationRequest", Medication), 201);
        Assert.Equal((1, 1), await SeenAsync(clinic.Bakker));
        var id = Ok(await clinic.Jansen.Post("/fhir/Consent", Deny(clinic, Rijnmond)), 201).Id;
        Assert.Equal((0, 0), await SeenAsync(clinic.Bakker));
        Assert.Equal((1, 1), await SeenAsync(clinic.Jansen));
        await ChangeAsync(clinic, id, Deny(clinic, Rijnmond, c => c.Provision()["class"] = new JsonArray(Consents.Class("medication"))));
        Assert.Equal((1, 0), await SeenAsync(clinic.Bakker));
        await ChangeAsync(clinic, id, Deny(clinic, Rijnmond, c => c["status"] = "inactive"));
        Assert.Equal((1, 1), await SeenAsync(clinic.Bakker));
        await ChangeAsync(clinic, id, Deny(clinic, Rijnmond, c => c.Provision()["provision"] = new JsonArray(new JsonObject { ["type"] = "permit", ["actor"] = new JsonArray(Consents.Actor("PractitionerRole/dr.bakker")) })));
        Assert.Equal((1, 1), await SeenAsync(clinic.Bakker));
        await ChangeAsync(clinic, id, Deny(clinic, "Practitioner/dr.bakker"));
        Assert.Equal((0, 0), await SeenAsync(clinic.Bakker));
        Assert.True((await clinic.Jansen.Delete($"/fhir/Consent/{id}")).Code is 200 or 204);
        Assert.Equal((1, 1), await SeenAsync(clinic.Bakker));
        Assert.Equal(0, await clinic.Database.FirstAsync(Sql.Raw("select count(*) from denial"), r => r.GetInt64(0), default));
    }

    [Fact]
    public async Task A_denial_begins_and_ends_by_the_clock()
    {
        await using var clinic = await OpenAsync();
        clinic.Clock.Stop();
        Ok(await clinic.Jansen.Post("/fhir/Observation", Observation), 201);
        var day = clinic.Clock.GetUtcNow().UtcDateTime.Date;
        Ok(await clinic.Jansen.Post("/fhir/Consent", Deny(clinic, Rijnmond, c => c.Provision()["period"] = new JsonObject { ["start"] = Consents.Day(day.AddDays(1)), ["end"] = Consents.Day(day.AddDays(1)) })), 201);
        Assert.Equal((1, 0), await SeenAsync(clinic.As("dr.bakker")));
        clinic.Clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal((0, 0), await SeenAsync(clinic.As("dr.bakker")));
        clinic.Clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal((1, 0), await SeenAsync(clinic.As("dr.bakker")));
    }

    private const string Observation = $$"""{"resourceType":"Observation","status":"final","code":{"text":"bloeddruk"},"subject":{"reference":"{{Patient}}"} }""";
    private const string Medication = $$"""{"resourceType":"MedicationRequest","status":"active","intent":"order","medicationCodeableConcept":{"text":"x"},"subject":{"reference":"{{Patient}}"} }""";

    private static string For(TestClinic clinic, string actor, Action<JsonObject>? change = null) => Consents.For(actor, Patient, clinic.Clock.GetUtcNow(), change);

    private static string Deny(TestClinic clinic, string actor, Action<JsonObject>? change = null) => For(clinic, actor, c =>
    {
        c.Provision()["type"] = "deny";
        change?.Invoke(c);
    });

    private static async Task ChangeAsync(TestClinic clinic, string id, string json)
    {
        var consent = JsonNode.Parse(json)!.AsObject();
        consent["id"] = id;
        Ok(await clinic.Jansen.Put($"/fhir/Consent/{id}", consent.ToJsonString()));
    }

    private static async Task<(int Observations, int Medication)> SeenAsync(Client by) =>
        (Ok(await by.Get("/fhir/Observation")).Entries().Count, Ok(await by.Get("/fhir/MedicationRequest")).Entries().Count);
}

public sealed class RecorderOnSqlite : RecorderContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.SqliteAsync(); }
public sealed class RecorderOnPostgres : RecorderContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.PostgresAsync(); }
