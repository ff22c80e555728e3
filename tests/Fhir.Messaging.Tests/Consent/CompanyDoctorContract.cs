using System.Text.Json.Nodes;
using Fhir.Messaging.Tests.Clinic;
using Fhir.Server.Api.Tests;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Tests;
using static Fhir.Messaging.Tests.Clinic.TestClinic;
using Op = Fhir.Messaging.Tests.Clinic.Threads;

namespace Fhir.Messaging.Tests.ConsentTests;

/// <summary>The company doctor: nothing without a consent of the patient that covers it, and then that and no more.</summary>
public abstract class CompanyDoctorContract
{
    private const string Doctor = "PractitionerRole/dr.devries", Oost = "Organization/arbodienst-oost", Linde = "Organization/de-linde";

    protected abstract Task<TenantDatabase> EmptyAsync();

    private Task<TestClinic> OpenAsync() => TestClinic.OpenAsync(EmptyAsync);

    private static readonly Dictionary<string, Action<JsonObject, DateTime>> NotThis = new(StringComparer.Ordinal)
    {
        ["another doctor"] = (c, _) => c.Provision()["actor"]![0]!["reference"]!["reference"] = "PractitionerRole/dr.bakker",
        ["another category"] = (c, _) => c.Provision()["class"] = new JsonArray(Consents.Class("work-related", ClinicUrls.ThreadCategory)),
        ["expired"] = (c, day) => c.Provision()["period"]!["end"] = Consents.Day(day.AddDays(-1)),
        ["not yet begun"] = (c, day) => c.Provision()["period"]!["start"] = Consents.Day(day.AddDays(1)),
        ["withdrawn"] = (c, _) => c["status"] = "inactive",
        ["only from her"] = (c, _) => c.Provision()["actor"] = new JsonArray(Consents.Actor(Linde), Consents.Actor(Doctor, "CST")),
        ["from another than who writes"] = (c, _) => c.Provision()["actor"]!.AsArray().Add(Consents.Actor("PractitionerRole/dr.bakker", "INF")),
        ["medication only"] = (c, _) => c.Provision()["class"] = new JsonArray(Consents.Class("medication")),
        ["letters only"] = (c, _) => c.Provision()["class"] = new JsonArray(Consents.Class("letters")),
        ["a class that nobody knows"] = (c, _) => c.Provision()["class"] = new JsonArray(Consents.Class("facts", "http://example.org")),
        ["one code of the record"] = (c, _) => c.Provision()["code"] = new JsonArray(new JsonObject { ["text"] = "rug" }),
        ["only to collect"] = (c, _) => c.Provision()["action"] = new JsonArray(new JsonObject { ["coding"] = new JsonArray(new JsonObject { ["system"] = "http://terminology.hl7.org/CodeSystem/consentaction", ["code"] = "collect" }) }),
        ["for research"] = (c, _) => c.Provision()["purpose"]![0]!["code"] = "HRESCH",
        ["her employer too, but the patient says no"] = (c, _) => c.Provision()["type"] = "deny",
    };

    public static TheoryData<string> Ways => [.. NotThis.Keys, "none at all", "another patient"];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task H7_Without_a_consent_that_covers_it_she_is_not_let_in_and_sees_nothing(string consent)
    {
        await using var clinic = await OpenAsync();
        var day = clinic.Clock.GetUtcNow().UtcDateTime.Date;
        if (consent == "another patient") await clinic.ConsentAsync(patient: "Patient/p2");
        else if (consent != "none at all")
            Ok(await clinic.Integrator.Post("/fhir/Consent", Consents.For(Doctor, Patient, clinic.Clock.GetUtcNow(), c => NotThis[consent](c, day))), 201);
        var refused = await Op.Open(clinic.Jansen, Patient, ["dr.devries"], "Kan mevrouw werken?");
        Assert.Equal(403, refused.Code);
        Assert.Equal(["Communication.recipient[0]"], refused.Places);
        var thread = await clinic.OpenThreadAsync("dr.bakker", "Tussen ons.");
        var binary = await AttachAsync(clinic, clinic.Jansen, thread);
        await SeesNothingAsync(clinic, "dr.devries", thread, binary);
    }

    [Theory]
    [InlineData("withdrawn")]
    [InlineData("deleted")]
    [InlineData("over")]
    [InlineData("for another")]
    [InlineData("only from her")]
    [InlineData("medication only")]
    [InlineData("another category")]
    [InlineData("denied")]
    [InlineData("by the clock")]
    public async Task H7_What_ends_her_consent_shuts_her_out_at_once(string how)
    {
        await using var clinic = await OpenAsync();
        clinic.Clock.Stop();
        var day = clinic.Clock.GetUtcNow().UtcDateTime.Date;
        var id = Ok(await clinic.Integrator.Post("/fhir/Consent", Consents.For(Oost, Patient, clinic.Clock.GetUtcNow(), c => c.Provision()["period"]!["end"] = Consents.Day(day))), 201).Id;
        var thread = await clinic.OpenThreadAsync(text: "een");
        Ok(await Op.Send(clinic.DeVries, thread, "twee"), 201);
        var binary = await AttachAsync(clinic, clinic.Jansen, thread);
        Ok(await clinic.DeVries.Get($"/fhir/Binary/{binary}", ("Accept", "application/fhir+json")));
        var consent = Ok(await clinic.Integrator.Get($"/fhir/Consent/{id}")).Json.AsObject();
        switch (how)
        {
            case "deleted": Assert.True((await clinic.Integrator.Delete($"/fhir/Consent/{id}")).Code is 200 or 204); break;
            case "denied": await clinic.ConsentAsync(Oost, c => c.Provision()["type"] = "deny"); break;
            case "by the clock": clinic.Clock.Advance(TimeSpan.FromDays(1)); break;
            default:
                Action<JsonObject, DateTime> change = how switch { "over" => NotThis["expired"], "for another" => NotThis["another doctor"], _ => NotThis[how] };
                change(consent, day);
                Ok(await clinic.Integrator.Put($"/fhir/Consent/{id}", consent.ToJsonString()));
                break;
        }
        await SeesNothingAsync(clinic, "dr.devries", thread, binary);
        Ok(await Op.Send(clinic.As("dr.jansen"), thread, "Wij schrijven verder."), 201);
    }

    [Fact]
    public async Task H7_One_direction_is_one_direction_and_two_consents_add_up()
    {
        await using var clinic = await OpenAsync();
        await clinic.ConsentAsync(change: c => c.Provision()["actor"]!.AsArray().Add(Consents.Actor(Linde, "CST")));
        var thread = await clinic.OpenThreadAsync(text: "een");
        Assert.Equal("een", Ok(await Op.Messages(clinic.DeVries, thread)).Entries()[0].Text());
        var refused = await Op.Send(clinic.DeVries, thread, "twee");
        Assert.Equal((403, "Communication.recipient[0]"), (refused.Code, refused.Places[0]));
        Assert.DoesNotContain("Patient/", refused.Text, StringComparison.Ordinal);
        Assert.Equal(403, (await Op.Attach(clinic.DeVries, thread, Pdf())).Code);
        // The way back lets the practice in: it cannot record that itself.
        string Back(DateTimeOffset now) => Consents.For(Linde, Patient, now, c => c.Provision()["actor"]!.AsArray().Add(Consents.Actor(Doctor, "CST")));
        Assert.Equal(403, (await clinic.Jansen.Post("/fhir/Consent", Back(clinic.Clock.GetUtcNow()))).Code);
        var back = Ok(await clinic.Integrator.Post("/fhir/Consent", Back(clinic.Clock.GetUtcNow())), 201).Id;
        Ok(await Op.Send(clinic.DeVries, thread, "twee"), 201);
        Ok(await Op.Attach(clinic.DeVries, thread, Pdf()), 201);
        Assert.True((await clinic.Integrator.Delete($"/fhir/Consent/{back}")).Code is 200 or 204);
        Assert.Equal(403, (await Op.Send(clinic.DeVries, thread, "drie")).Code);
        Ok(await Op.Send(clinic.Jansen, thread, "vier"), 201);
    }

    [Fact]
    public async Task H7_Who_may_only_tell_opens_a_thread_in_which_nobody_answers_her()
    {
        await using var clinic = await OpenAsync();
        Ok(await clinic.Integrator.Post("/fhir/Consent", Consents.For(Linde, Patient, clinic.Clock.GetUtcNow(), c => c.Provision()["actor"]!.AsArray().Add(Consents.Actor(Oost, "INF")))), 201);
        var header = $$"""
            {"resourceType":"Communication","status":"in-progress","category":[{"coding":[{"system":"{{ClinicUrls.ThreadCategory}}","code":"advice"}]}],"subject":{"reference":"{{Patient}}"},
             "topic":{"text":"Spreekuur"},"sender":{"reference":"{{Doctor}}"},"recipient":[{"reference":"PractitionerRole/dr.jansen"}]}
            """;
        var thread = Ok(await clinic.Integrator.Post("/fhir/Communication", header), 201).Id;
        Ok(await Op.Send(clinic.DeVries, thread, "Wat ik vond."), 201);
        Assert.Single(Ok(await Op.Messages(clinic.Jansen, thread)).Entries());
        var refused = await Op.Send(clinic.Jansen, thread, "Dank u.");
        Assert.Equal((403, "Communication.sender"), (refused.Code, refused.Places[0]));
        await clinic.ConsentAsync();
        Ok(await Op.Send(clinic.Jansen, thread, "Dank u."), 201);
        Assert.Equal(2, Ok(await Op.Messages(clinic.DeVries, thread)).Entries().Count);
    }

    [Theory]
    [InlineData("facts", ClinicUrls.ItemClass)]
    [InlineData("Communication", "http://hl7.org/fhir/resource-types")]
    public async Task H7_Under_a_consent_for_facts_she_gets_no_letters(string code, string system)
    {
        await using var clinic = await OpenAsync();
        await clinic.ConsentAsync(change: c => c.Provision()["class"] = new JsonArray(Consents.Class(code, system)));
        var thread = await clinic.OpenThreadAsync(text: "een");
        var refused = await Op.Attach(clinic.Jansen, thread, Pdf());
        Assert.Equal((403, "Communication.recipient[0]"), (refused.Code, refused.Places[0]));
        Assert.Equal(403, (await Op.Attach(clinic.DeVries, thread, Pdf())).Code);
        Assert.Equal(403, (await clinic.DeVries.Post("/fhir/Binary", $$"""{"resourceType":"Binary","contentType":"application/pdf","data":"{{Convert.ToBase64String("%PDF-1.4 x"u8)}}","securityContext":{"reference":"Communication/{{thread}}"} }""")).Code);
        Ok(await Op.Send(clinic.DeVries, thread, "twee"), 201);
        await clinic.PutAsync("Endpoint", "arbodienst-oost", """ "status":"active","connectionType":{"code":"hl7v2-mllp"},"payloadType":[{"text":"ORU"}],"address":"mllp://127.0.0.1:2576" """);
        Ok(await Op.Close(clinic.Jansen, thread));
        var shown = Assert.Single(Ok(await Op.Inbox(clinic.Jansen)).Entries());
        Assert.Single(shown["extension"]!.AsArray(), e => (string?)e!["url"] == ClinicUrls.Delivery);   // to De Linde, and not to her service
        Assert.Equal(2, Ok(await Op.Messages(clinic.DeVries, thread)).Entries().Count);
        var document = Assert.Single(Ok(await clinic.Jansen.Get($"/fhir/DocumentReference?subject={Patient}")).Entries());
        foreach (var type in (string[])["DocumentReference", "Composition", "Bundle", "Binary"])
            Assert.Empty(Ok(await clinic.DeVries.Get($"/fhir/{type}")).Entries());
        await LikeAbsentAsync(clinic, "dr.devries", $"/fhir/DocumentReference/{document["id"]}", (string)document["id"]!);
        await clinic.ConsentAsync(change: c => c.Provision()["class"] = new JsonArray(Consents.Class("letters")));
        Ok(await clinic.DeVries.Get($"/fhir/DocumentReference/{document["id"]}"));
    }

    [Theory]
    [InlineData("company-doctor")]
    [InlineData("gp")]
    public async Task H7_An_employer_is_never_let_in_whatever_the_consent_says(string role)
    {
        await using var clinic = await OpenAsync();
        await clinic.PutAsync("Organization", "fabriek", $$""" "active":true,"name":"De Fabriek","type":[{"coding":[{"system":"{{ClinicUrls.OrganizationKind}}","code":"employer"}]}] """);
        await clinic.PutAsync("PractitionerRole", "personeel",
            $$""" "active":true,"practitioner":{"reference":"Practitioner/dr.devries"},"organization":{"reference":"Organization/fabriek"},"code":[{"coding":[{"system":"{{ClinicUrls.ClinicRole}}","code":"{{role}}"}]}] """);
        await clinic.ConsentAsync("PractitionerRole/personeel");
        await clinic.ConsentAsync("Organization/fabriek");
        var refused = await Op.Open(clinic.Jansen, Patient, ["personeel"], "?");
        Assert.Equal((403, "Communication.recipient[0]"), (refused.Code, refused.Places[0]));
        var thread = await clinic.OpenThreadAsync("dr.bakker", "Tussen ons.");
        var binary = await AttachAsync(clinic, clinic.Jansen, thread);
        foreach (var path in (string[])[$"Communication/{thread}", $"Communication/{thread}/$messages", "Patient/p1", $"Binary/{binary}", "Communication", "Communication/$inbox", "Patient?name=Dijk", "Communication/_history"])
        {
            var got = await clinic.As("personeel").Get($"/fhir/{path}");   // not even an account: the same for all that is asked
            Assert.Equal((403, Ok(await clinic.As("personeel").Get("/fhir/Patient/nothing-here"), 403).Text), (got.Code, got.Text));
        }
    }

    [Fact]
    public async Task H7_Under_the_widest_consent_she_gets_no_number_no_address_and_nothing_else_of_the_record()
    {
        await using var clinic = await OpenAsync();
        await clinic.PutAsync("Patient", "p1", $$""" "identifier":[{"system":"{{ClinicUrls.Bsn}}","value":"999990019"}],"name":[{"family":"Dijk"}],"birthDate":"1975-03-18","gender":"female","telecom":[{"system":"phone","value":"0201234567"}],"address":[{"city":"Hoorn"}] """);
        await clinic.PutAsync("Observation", "o1", $$""" "status":"final","code":{"text":"bloeddruk"},"subject":{"reference":"{{Patient}}"} """);
        await clinic.ConsentAsync();
        var thread = await clinic.OpenThreadAsync(text: "een");
        var patient = Ok(await clinic.DeVries.Get("/fhir/Patient/p1"));
        foreach (var hidden in (string[])["999990019", "Hoorn", "0201234567", "identifier"]) Assert.DoesNotContain(hidden, patient.Text, StringComparison.Ordinal);
        string[] nothing = [$"Patient?identifier={ClinicUrls.Bsn}|999990019", "Patient?address-city=Hoorn", "Patient?phone=0201234567", "Observation", $"Observation?subject={Patient}", "Consent", "Patient?_has:Observation:subject:code=bloeddruk",
            "Communication?subject:Patient.address-city=Hoorn", "Organization?_has:Patient:organization:_id=p1", "Encounter", "Condition", "MedicationRequest", "Task"];
        foreach (var search in nothing) Assert.Empty(Matches(Ok(await clinic.DeVries.Get($"/fhir/{search}"))));
        Assert.DoesNotContain("bloeddruk", Ok(await clinic.DeVries.Get($"/fhir/Communication?_id={thread}&_include=Communication:subject&_include=Communication:sender&_revinclude=Observation:subject&_revinclude=Communication:part-of")).Text, StringComparison.Ordinal);
        await LikeAbsentAsync(clinic, "dr.devries", "/fhir/Observation/o1", "o1");
    }

    private static JsonObject Pdf() => new() { ["contentType"] = "application/pdf", ["title"] = "Brief", ["data"] = Convert.ToBase64String("%PDF-1.4 test"u8) };

    private static async Task<string> AttachAsync(TestClinic clinic, Client by, string thread) =>
        ((string)Ok(await Op.Attach(by, thread, Pdf()), 201).Json["payload"]![0]!["contentAttachment"]!["url"]!).Split('/')[1];

    // Whatever is asked is answered as if it were not there.
    private static async Task SeesNothingAsync(TestClinic clinic, string user, string thread, string binary)
    {
        string[] single = [$"/fhir/Communication/{thread}", $"/fhir/Communication/{thread}/_history", $"/fhir/Communication/{thread}/_history/1", $"/fhir/Communication/{thread}/$messages"];
        foreach (var path in single) await LikeAbsentAsync(clinic, user, path, thread);
        foreach (var path in (string[])["/fhir/Patient/p1", "/fhir/Patient/p1/_history", "/fhir/Patient/p1/_history/1"]) await LikeAbsentAsync(clinic, user, path, "p1");
        await LikeAbsentAsync(clinic, user, $"/fhir/Binary/{binary}", binary);
        string[] empty =
        [
            "Communication", $"Communication?_id={thread}", $"Communication?subject={Patient}", "Communication?subject:Patient.name=Dijk", $"Communication?part-of=Communication/{thread}", "Communication/_history", "Communication/$inbox",
            "Patient", "Patient?_id=p1", "Patient?name=Dijk", "Patient?_has:Communication:subject:category=advice", $"Patient?_has:Communication:subject:_id={thread}", "Patient/_history", "Binary", "DocumentReference", "Consent",
            "PractitionerRole?_has:Communication:recipient:category=advice", "PractitionerRole?_has:Communication:sender:subject:Patient.name=Dijk", "Communication?_summary=count", "Patient?_summary=count",
        ];
        foreach (var search in empty)
        {
            var got = Ok(await clinic.As(user).Get($"/fhir/{search}"));
            Assert.Empty(Matches(got));
            Assert.True((int?)got.Json["total"] is null or 0, $"{search}: {got.Text}");
        }
        foreach (var known in (string[])[thread, "nothing-here"])
        {
            Assert.Equal(404, (await Op.Send(clinic.As(user), known, "x")).Code);
            Assert.Equal(404, (await Op.MarkRead(clinic.As(user), known, 1)).Code);
            Assert.Equal(404, (await Op.Close(clinic.As(user), known)).Code);
        }
        var (hidden, absent) = (await Op.Open(clinic.As(user), Patient, ["dr.jansen"]), await Op.Open(clinic.As(user), "Patient/nobody", ["dr.jansen"]));
        Assert.Equal((absent.Code, absent.Text), (hidden.Code, hidden.Text));
        await HearsNothingAsync(clinic, user, thread);
    }

    private static async Task HearsNothingAsync(TestClinic clinic, string user, string thread)
    {
        await using var hub = await RealtimeTests.HubClient.ConnectAsync(clinic.Url, clinic.Token(user));
        await using var own = await RealtimeTests.HubClient.ConnectAsync(clinic.Url, clinic.Token("dr.jansen"));
        var answer = await hub.ResumeAsync(null);
        (answer["result"] ?? answer).AsObject().Remove("revoked");   // what she was shut out of is told to her client once, so that it forgets it
        await own.ResumeAsync(null);
        Assert.DoesNotContain(thread, answer.ToJsonString(), StringComparison.Ordinal);
        Ok(await Op.Send(clinic.As("dr.jansen"), thread, "Hoort zij dit?"), 201);
        await own.HearAsync("thread", e => e.ToJsonString().Contains(thread, StringComparison.Ordinal));
        Assert.DoesNotContain(hub.Events, e => e.Name != "revoked" && e.Body.ToJsonString().Contains(thread, StringComparison.Ordinal));
    }

    private static async Task LikeAbsentAsync(TestClinic clinic, string user, string path, string id)
    {
        var (hidden, absent) = (await clinic.As(user).Get(path), await clinic.As(user).Get(path.Replace(id, "nothing-here", StringComparison.Ordinal)));
        Assert.Equal((404, absent.Code, absent.Text.Replace("nothing-here", id, StringComparison.Ordinal)), (hidden.Code, hidden.Code, hidden.Text));
    }

    private static List<JsonNode> Matches(Got got) => [.. (got.Json["entry"]?.AsArray() ?? []).Where(e => (string?)e!["search"]?["mode"] != "outcome").Select(e => e!)];
}

public sealed class CompanyDoctorOnSqlite : CompanyDoctorContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.SqliteAsync(); }
public sealed class CompanyDoctorOnPostgres : CompanyDoctorContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.PostgresAsync(); }
