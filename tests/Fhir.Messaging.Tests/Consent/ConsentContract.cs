using System.Text.Json.Nodes;
using Fhir.Messaging.Tests.Clinic;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Tests;
using static Fhir.Messaging.Tests.Clinic.TestClinic;
using Op = Fhir.Messaging.Tests.Clinic.Threads;

namespace Fhir.Messaging.Tests.ConsentTests;

public abstract class ConsentContract
{
    protected abstract Task<TenantDatabase> EmptyAsync();

    private Task<TestClinic> OpenAsync() => TestClinic.OpenAsync(EmptyAsync);

    private static async Task<long> CountAsync(TestClinic clinic, string what) => await clinic.Database.FirstAsync(Sql.Raw($"select count(*) from {what}"), r => r.GetInt64(0), default);

    [Fact]
    public async Task Without_consent_the_attempt_is_refused_by_recipient_and_nothing_is_stored()
    {
        await using var clinic = await OpenAsync();
        var before = await CountAsync(clinic, "res where live = 1");
        var refused = await Op.Open(clinic.Jansen, Patient, ["dr.bakker", "dr.devries"], "tekst");
        Assert.Equal(403, refused.Code);
        Assert.Equal(["Communication.recipient[1]"], refused.Places);
        Assert.Equal((before, 0, 0), (await CountAsync(clinic, "res where live = 1"), await CountAsync(clinic, "thread"), await CountAsync(clinic, "participant")));
        await clinic.ConsentAsync();
        Ok(await Op.Open(clinic.Jansen, Patient, ["dr.bakker", "dr.devries"], "tekst"), 201);
    }

    [Fact]
    public async Task A_consent_of_another_patient_opens_nothing()
    {
        await using var clinic = await OpenAsync();
        var other = await clinic.ConsentAsync(patient: "Patient/p2");
        Assert.Equal(403, (await Op.Open(clinic.Jansen, Patient, ["dr.devries"])).Code);
        Assert.Equal(403, (await Op.Open(clinic.Jansen, Patient, ["dr.devries"], consent: $"Consent/{other}")).Code);
        Ok(await Op.Open(clinic.Jansen, "Patient/p2", ["dr.devries"], consent: $"Consent/{other}"), 201);
        Assert.Equal(404, (await clinic.DeVries.Get("/fhir/Patient/p1")).Code);
        Ok(await clinic.DeVries.Get("/fhir/Patient/p2"));
    }

    [Theory]
    [InlineData("status")]
    [InlineData("period")]
    [InlineData("actor")]
    [InlineData("delete")]
    [InlineData("denial")]
    public async Task Withdrawing_freezes_at_once_and_a_new_consent_opens_again(string how)
    {
        await using var clinic = await OpenAsync();
        var consent = await clinic.ConsentAsync();
        var thread = await clinic.OpenThreadAsync(text: "een");
        Ok(await Op.Send(clinic.DeVries, thread, "twee"), 201);
        var url = $"/fhir/Consent/{consent}";
        var denial = "";
        switch (how)
        {
            case "delete": Assert.True((await clinic.Jansen.Delete(url)).Code is 200 or 204); break;
            case "denial": denial = await clinic.ConsentAsync(change: c => c.Provision()["type"] = "deny"); break;
            default:
                var json = Ok(await clinic.Jansen.Get(url)).Json.AsObject();
                if (how == "status") json["status"] = "inactive";
                if (how == "period") json.Provision()["period"]!["end"] = "2020-01-01";
                if (how == "actor") json.Provision()["actor"]![0]!["reference"]!["reference"] = "PractitionerRole/dr.bakker";
                Ok(await clinic.Jansen.Put(url, json.ToJsonString()));
                break;
        }
        Assert.Equal(404, (await clinic.DeVries.Get($"/fhir/Communication/{thread}")).Code);
        Assert.Equal(404, (await Op.Messages(clinic.DeVries, thread)).Code);
        Assert.Equal(404, (await Op.Send(clinic.DeVries, thread, "drie")).Code);
        Assert.Equal(404, (await clinic.DeVries.Get("/fhir/Patient/p1")).Code);
        Assert.Empty(Ok(await Op.Inbox(clinic.DeVries)).Entries());
        Ok(await Op.Send(clinic.Jansen, thread, "alleen voor mij"), 201);

        if (denial.Length > 0) Assert.True((await clinic.Jansen.Delete($"/fhir/Consent/{denial}")).Code is 200 or 204);
        else await clinic.ConsentAsync();
        Assert.Equal(3, Ok(await Op.Messages(clinic.DeVries, thread)).Entries().Count);
    }

    [Fact]
    public async Task A_consent_that_ends_by_the_clock_shuts_the_thread()
    {
        await using var clinic = await OpenAsync();
        clinic.Clock.Stop();   // midnight must not come in between
        await clinic.ConsentAsync(change: c => c.Provision()["period"]!["end"] = Consents.Day(clinic.Clock.GetUtcNow().UtcDateTime));
        var thread = await clinic.OpenThreadAsync(text: "een");
        Ok(await Op.Messages(clinic.DeVries, thread));
        clinic.Clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal(404, (await Op.Messages(clinic.As("dr.devries"), thread)).Code);
        Assert.Equal(404, (await Op.Send(clinic.As("dr.devries"), thread, "twee")).Code);
        Ok(await Op.Messages(clinic.As("dr.jansen"), thread));
    }

    [Fact]
    public async Task A_denial_freezes_a_specialist_but_never_the_own_practice()
    {
        await using var clinic = await OpenAsync();
        var thread = await clinic.OpenThreadAsync("dr.bakker", "een");
        await clinic.ConsentAsync("Organization/rijnmond", c => c.Provision()["type"] = "deny");
        Assert.Equal(404, (await Op.Messages(clinic.Bakker, thread)).Code);
        await clinic.ConsentAsync("x", c => (c.Provision()["type"], c.Provision()["actor"]) = ("deny", null));
        Ok(await Op.Messages(clinic.Jansen, thread));
        Assert.Equal(403, (await Op.Open(clinic.Jansen, Patient, ["dr.bakker"])).Code);
    }

    [Theory]
    [InlineData("dr.jansen", "PractitionerRole/dr.devries", 201)]
    [InlineData("s.dewit", "Organization/arbodienst-oost", 403)]
    [InlineData("dr.jansen", "PractitionerRole/dr.jansen", 403)]
    [InlineData("dr.jansen", "Organization/de-linde", 403)]
    [InlineData("dr.jansen", "Practitioner/dr.jansen", 403)]
    [InlineData("dr.jansen", "PractitionerRole/dr.jansen.arbo", 403)]
    [InlineData("dr.bakker", "PractitionerRole/dr.devries", 400)]   // a patient whom she does not see
    [InlineData("dr.devries", "PractitionerRole/dr.devries", 403)]
    [InlineData("dr.devries", "PractitionerRole/dr.bakker", 403)]
    public async Task Who_treats_the_patient_records_a_consent_that_names_another(string writer, string actor, int status)
    {
        await using var clinic = await OpenAsync();
        await clinic.PutAsync("PractitionerRole", "dr.jansen.arbo",
            $$""" "active":true,"practitioner":{"reference":"Practitioner/dr.jansen"},"organization":{"reference":"Organization/arbodienst-oost"},"code":[{"coding":[{"system":"{{ClinicUrls.ClinicRole}}","code":"company-doctor"}]}] """);
        var posted = await clinic.As(writer).Post("/fhir/Consent", Consents.For(actor, Patient, clinic.Clock.GetUtcNow()));
        Assert.True(posted.Code == status, posted.Text);
    }

    [Fact]
    public async Task A_thread_gives_no_right_to_record_consent_and_a_nested_permit_is_looked_at_too()
    {
        await using var clinic = await OpenAsync();
        await clinic.OpenThreadAsync("dr.bakker");
        Ok(await clinic.Bakker.Get("/fhir/Patient/p1"));
        Assert.Equal(403, (await clinic.Bakker.Post("/fhir/Consent", Consents.For("PractitionerRole/dr.devries", Patient, clinic.Clock.GetUtcNow()))).Code);
        var nested = Consents.For("PractitionerRole/dr.devries", Patient, clinic.Clock.GetUtcNow(), c =>
            c.Provision()["provision"] = new System.Text.Json.Nodes.JsonArray(new System.Text.Json.Nodes.JsonObject { ["type"] = "permit", ["actor"] = new System.Text.Json.Nodes.JsonArray(MeAsActor(c)) }));
        Assert.Equal(403, (await clinic.Jansen.Post("/fhir/Consent", nested)).Code);
    }

    private static System.Text.Json.Nodes.JsonNode MeAsActor(System.Text.Json.Nodes.JsonObject consent)
    {
        var actor = consent.Provision()["actor"]![0]!.DeepClone();
        actor["reference"]!["reference"] = "Organization/de-linde";
        return actor;
    }

    [Fact]
    public async Task A_consent_that_names_me_is_not_mine_to_change_and_stays_with_its_patient()
    {
        await using var clinic = await OpenAsync();
        var mine = Ok(await clinic.Integrator.Put("/fhir/Consent/mine", Consents.For("Organization/de-linde", Patient, clinic.Clock.GetUtcNow(), c => (c["id"], c.Provision()["type"]) = ("mine", "deny"))), 201);
        Assert.NotEqual(204, (await clinic.Jansen.Delete("/fhir/Consent/mine")).Code);
        var consent = await clinic.ConsentAsync();
        var moved = Ok(await clinic.Jansen.Get($"/fhir/Consent/{consent}")).Json.AsObject();
        moved["patient"]!["reference"] = "Patient/p2";
        Assert.Equal(409, (await clinic.Jansen.Put($"/fhir/Consent/{consent}", moved.ToJsonString())).Code);
        var widened = Ok(await clinic.Jansen.Get($"/fhir/Consent/{consent}")).Json.AsObject();
        widened.Provision()["actor"]!.AsArray().Add(MeAsActor(widened));
        Assert.Equal(403, (await clinic.Jansen.Put($"/fhir/Consent/{consent}", widened.ToJsonString())).Code);
    }

    [Fact]
    public async Task Who_knows_a_patient_through_a_thread_only_is_shut_out_of_her_own_threads_too()
    {
        await using var clinic = await OpenAsync();
        await clinic.OpenThreadAsync("dr.bakker");
        var own = Ok(await Op.Open(clinic.Bakker, Patient, ["dr.jansen"], "van mij"), 201).Id;
        await clinic.ConsentAsync("Organization/rijnmond", c => c.Provision()["type"] = "deny");
        Assert.Equal(404, (await Op.Messages(clinic.Bakker, own)).Code);
        Assert.Equal(404, (await clinic.Bakker.Get("/fhir/Patient/p1")).Code);
        Ok(await Op.Messages(clinic.Jansen, own));
    }

    [Fact]
    public async Task A_patient_of_others_cannot_be_written_about()
    {
        await using var clinic = await OpenAsync();
        var (hidden, absent) = (await Op.Open(clinic.Bakker, Patient, ["dr.jansen"]), await Op.Open(clinic.Bakker, "Patient/nobody", ["dr.jansen"]));
        Assert.Equal((400, absent.Text), (hidden.Code, hidden.Text));
    }

    [Theory]
    [InlineData("""{"reference":"https://elsewhere.example/fhir/PractitionerRole/dr.bakker"}""", true)]
    [InlineData("""{"reference":"Practitioner/dr.bakker/_history/1"}""", true)]
    [InlineData("""{"reference":"CareTeam/cardiology"}""", true)]
    [InlineData("""{"identifier":{"system":"http://fhir.nl/fhir/NamingSystem/agb-z","value":"06012345"}}""", true)]
    [InlineData("""{"display":"De cardioloog"}""", true)]
    [InlineData("""{"reference":"https://elsewhere.example/fhir/PractitionerRole/dr.other"}""", false)]
    [InlineData("""{"reference":"RelatedPerson/brother"}""", false)]
    public async Task A_denial_is_not_overlooked_because_of_how_it_names_somebody(string actor, bool denies)
    {
        await using var clinic = await OpenAsync();
        var thread = await clinic.OpenThreadAsync("dr.bakker", "een");
        Ok(await clinic.Integrator.Post("/fhir/Consent", Consents.For("PractitionerRole/dr.devries", Patient, clinic.Clock.GetUtcNow(), c =>
        {
            c.Provision()["type"] = "deny";
            c.Provision()["actor"]![0]!["reference"] = JsonNode.Parse(actor);
        })), 201);
        Assert.Equal(denies ? 404 : 200, (await clinic.Bakker.Get($"/fhir/Communication/{thread}")).Code);
        Assert.Equal(denies ? 403 : 201, (await Op.Open(clinic.Jansen, Patient, ["dr.bakker"])).Code);
    }

    [Fact]
    public async Task A_company_doctor_lets_nobody_in_who_does_not_treat_the_patient()
    {
        await using var clinic = await OpenAsync();
        await clinic.ConsentAsync();
        await clinic.OpenThreadAsync();
        var refused = await Op.Open(clinic.DeVries, Patient, ["dr.jansen", "dr.bakker"], "wie is dit?");
        Assert.Equal(403, refused.Code);
        Assert.Equal(["Communication.recipient[1]"], refused.Places);
        Assert.Equal(404, (await clinic.Bakker.Get("/fhir/Patient/p1")).Code);
        Ok(await Op.Open(clinic.DeVries, Patient, ["dr.jansen"], "een vraag terug"), 201);
    }
}

public sealed class ConsentOnSqlite : ConsentContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.SqliteAsync(); }
public sealed class ConsentOnPostgres : ConsentContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.PostgresAsync(); }
