using System.Text.Json.Nodes;
using Fhir.Messaging.Tests.Clinic;
using Fhir.Server.Api.Tests;
using Fhir.Server.Store.Access;
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
        Ok(await Op.Send(clinic.Jansen, thread, "vier"), 201);
        Assert.Equal([1, 2, 4], Ok(await Op.Messages(clinic.DeVries, thread)).Entries().Select(m => m.Seq()));   // not what was written while she was out
        Assert.Equal(4, Ok(await Op.Messages(clinic.Jansen, thread)).Entries().Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_was_written_while_she_was_out_stays_unseen_when_she_is_let_in_again(bool byClock)
    {
        await using var clinic = await OpenAsync();
        clinic.Clock.Stop();
        Client DeVries() => clinic.As("dr.devries");
        Client Jansen() => clinic.As("dr.jansen");
        var consent = await clinic.ConsentAsync(change: c => c.Provision()["period"]!["end"] = Consents.Day(clinic.Clock.GetUtcNow().UtcDateTime));
        var thread = await clinic.OpenThreadAsync(text: "een");
        var ready = Ok(await Jansen().SendBytes("POST", "/fhir/Binary", "%PDF-1.4 test"u8.ToArray(), "application/pdf"), 201).Headers.Location!.ToString().Split("/Binary/")[1].Split('/')[0];
        if (byClock) clinic.Clock.Advance(TimeSpan.FromDays(1));
        else Assert.Equal(204, (await Jansen().Delete($"/fhir/Consent/{consent}")).Code);
        var message = Ok(await Op.Attach(Jansen(), thread, Pdf()), 201);
        var binary = ((string)message.Json["payload"]![0]!["contentAttachment"]!["url"]!).Split('/')[1];
        Ok(await Op.Attach(Jansen(), thread, new() { ["contentType"] = "application/pdf", ["url"] = $"Binary/{ready}" }), 201);
        var loose = Ok(await Jansen().Post("/fhir/Binary", $$"""{"resourceType":"Binary","contentType":"application/pdf","securityContext":{"reference":"Communication/{{thread}}"},"data":"JVBERi0xLjQgdGVzdA=="}"""), 201).Id;
        await clinic.ConsentAsync();
        Ok(await Op.Send(Jansen(), thread, "drie"), 201);
        var withdrawn = message.Json.AsObject();
        withdrawn["status"] = "entered-in-error";
        Ok(await Jansen().Put($"/fhir/Communication/{message.Id}", withdrawn.ToJsonString()));   // a newer version of it is no newer message
        Ok(await Op.MarkRead(DeVries(), thread, 1));
        Assert.Equal([1, 4], Ok(await Op.Messages(DeVries(), thread)).Entries().Select(m => m.Seq()));
        Assert.Equal(1, Assert.Single(Ok(await Op.Inbox(DeVries())).Entries()).Unread());
        foreach (var path in (string[])[$"Communication/{message.Id}", $"Communication/{message.Id}/_history/1", $"Communication/{message.Id}/_history", $"Binary/{binary}", $"Binary/{ready}", $"Binary/{loose}"])
            Assert.Equal((404, 200), ((await DeVries().Get($"/fhir/{path}", ("Accept", "application/fhir+json"))).Code, (await Jansen().Get($"/fhir/{path}", ("Accept", "application/fhir+json"))).Code));
        Assert.Equal(2, Ok(await DeVries().Get($"/fhir/Communication?part-of=Communication/{thread}")).Entries().Count);
        Assert.Empty(Ok(await DeVries().Get($"/fhir/Binary?_id={binary}")).Entries());
    }

    [Fact]
    public async Task A_summary_made_while_she_was_out_stays_unseen_when_she_is_let_in_again()
    {
        await using var clinic = await OpenAsync();
        var consent = await clinic.ConsentAsync();
        var thread = await clinic.OpenThreadAsync(text: "een");
        Assert.Equal(204, (await clinic.Jansen.Delete($"/fhir/Consent/{consent}")).Code);
        Ok(await Op.Close(clinic.Jansen, thread));
        await clinic.ConsentAsync();
        Ok(await clinic.DeVries.Get($"/fhir/Communication/{thread}"));
        foreach (var type in (string[])["DocumentReference", "Composition", "Bundle", "Binary"])
            Assert.Equal(0, await SeenAsync(clinic, type));
        var next = await clinic.OpenThreadAsync(text: "een");
        Ok(await Op.Close(clinic.Jansen, next));
        foreach (var type in (string[])["DocumentReference", "Composition", "Bundle", "Binary"])
            Assert.Equal(1, await SeenAsync(clinic, type));
    }

    [Theory]
    [InlineData("PractitionerRole/dr.jansen")]
    [InlineData("Practitioner/dr.jansen")]
    [InlineData("Organization/de-linde")]
    [InlineData("https://elsewhere.example/fhir/PractitionerRole/dr.jansen")]
    public async Task A_denial_that_names_her_closes_the_threads_for_the_clinician_who_keeps_the_record_too(string actor)
    {
        await using var clinic = await OpenAsync();
        Ok(await clinic.Jansen.Post("/fhir/CareTeam", $$"""{"resourceType":"CareTeam","status":"active","subject":{"reference":"{{Patient}}"},"participant":[{"member":{"reference":"PractitionerRole/dr.bakker"} }]}"""), 201);
        var (own, other) = (await clinic.OpenThreadAsync("dr.bakker", "een"), Ok(await Op.Open(clinic.Bakker, Patient, ["dr.jansen"], "een"), 201).Id);
        var denial = Consents.For(actor, Patient, clinic.Clock.GetUtcNow(), c => c.Provision()["type"] = "deny");
        var id = Ok(await clinic.Bakker.Post("/fhir/Consent", denial), 201).Id;
        await using var hub = await RealtimeTests.HubClient.ConnectAsync(clinic.Url, clinic.Token("dr.jansen"));
        await using var bakker = await RealtimeTests.HubClient.ConnectAsync(clinic.Url, clinic.Token("dr.bakker"));
        foreach (var connection in new[] { hub, bakker }) await connection.ResumeAsync(null);
        foreach (var thread in (string[])[own, other])
        {
            Assert.Equal((404, 404), ((await clinic.Jansen.Get($"/fhir/Communication/{thread}")).Code, (await Op.Messages(clinic.Jansen, thread)).Code));
            Assert.Equal((404, 404), ((await Op.Send(clinic.Jansen, thread, "x")).Code, (await Op.Close(clinic.Jansen, thread)).Code));
            Ok(await Op.Send(clinic.Bakker, thread, "Ziet zij dit?"), 201);
            await bakker.HearAsync("thread", e => e.ToJsonString().Contains(thread, StringComparison.Ordinal));
        }
        Assert.Empty(Ok(await Op.Inbox(clinic.Jansen)).Entries());
        Assert.DoesNotContain(hub.Events, e => e.Name == "thread");
        Assert.NotEqual(201, (await Op.Open(clinic.Jansen, Patient, ["dr.bakker"], "x")).Code);
        Assert.NotEqual(201, (await Op.Open(clinic.Bakker, Patient, ["dr.jansen"], "x")).Code);
        Ok(await Op.Close(clinic.Bakker, other));
        Assert.Equal(0, await clinic.Database.FirstAsync(Sql.Raw("select count(*) from outbox"), r => r.GetInt64(0), default));
        var ended = JsonNode.Parse(denial)!.AsObject();
        (ended["id"], ended["status"]) = (id, "inactive");
        Ok(await clinic.Bakker.Put($"/fhir/Consent/{id}", ended.ToJsonString()));
        Assert.Equal("een", Assert.Single(Ok(await Op.Messages(clinic.Jansen, own)).Entries()).Text());
    }

    private static async Task<int> SeenAsync(TestClinic clinic, string type)
    {
        var seen = 0;
        foreach (var id in await clinic.Database.QueryAsync(Sql.Of($"select fid from res where typ = {AccessTable.Number(type)} and live = 1"), r => r.GetString(0), default))
            if ((await clinic.DeVries.Get($"/fhir/{type}/{id}", ("Accept", "application/fhir+json"))).Code == 200) seen++;
        return seen;
    }

    private static JsonObject Pdf() => new() { ["contentType"] = "application/pdf", ["data"] = Convert.ToBase64String("%PDF-1.4 test"u8) };

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
