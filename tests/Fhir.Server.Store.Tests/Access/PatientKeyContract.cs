using System.Text.Json.Nodes;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Resources;
using Fhir.Server.Store.Tests.Resources;
using static Fhir.Server.Store.Tests.Access.AccessClinic;

namespace Fhir.Server.Store.Tests.Access;

/// <summary>What is about a patient beside R4's compartment: her denial hides it, and it opens to nobody who did not see it before.</summary>
public abstract class PatientKeyContract
{
    protected abstract Task<TenantDatabase> EmptyAsync();

    private async Task<AccessClinic> ClinicAsync() => await AccessClinic.OpenAsync(await EmptyAsync());

    private static JsonObject Ref(string reference) => new() { ["reference"] = reference };

    private static JsonObject Entry(string type, string? subject, string? fullUrl = null)
    {
        var resource = new JsonObject { ["resourceType"] = type };
        if (subject is not null) resource["subject"] = Ref(subject);
        return fullUrl is null ? new() { ["resource"] = resource } : new() { ["fullUrl"] = fullUrl, ["resource"] = resource };
    }

    private static Action<JsonObject> Holding(string type, params JsonObject[] entries) => json => (json["type"], json["entry"]) = (type, new JsonArray([.. entries]));

    public static TheoryData<string, string> Beside => new()
    {
        { "Bundle", """{"type":"document","entry":[{"resource":{"resourceType":"Composition","subject":{"reference":"Patient/p"}}},{"resource":{"resourceType":"Observation","subject":{"reference":"Patient/q"}}}]}""" },
        { "Bundle", """{"type":"collection","entry":[{"fullUrl":"urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0","resource":{"resourceType":"Observation","subject":{"reference":"http://localhost/fhir/Patient/p"}}}]}""" },
        { "Bundle", """{"type":"collection","entry":[{"resource":{"resourceType":"Patient","id":"p"}}]}""" },
        { "Bundle", """{"type":"collection","entry":[{"resource":{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Condition","subject":{"reference":"Patient/p"}}}]}}]}""" },
        { "Binary", """{"contentType":"text/plain","securityContext":{"reference":"Patient/p"}}""" },
        { "Binary", """{"contentType":"text/plain","securityContext":{"reference":"Observation/o-p"}}""" },
        { "QuestionnaireResponse", """{"source":{"reference":"Patient/p"}}""" },
        { "Communication", """{"about":[{"reference":"Patient/p"}]}""" },
        { "List", """{"entry":[{"item":{"reference":"Patient/p"}}]}""" },
        { "Provenance", """{"entity":[{"role":"source","what":{"reference":"Patient/p"}}]}""" },
        { "MessageHeader", """{"focus":[{"reference":"Patient/p"}]}""" },
        { "Parameters", """{"parameter":[{"name":"x","resource":{"resourceType":"Observation","subject":{"reference":"Patient/p"}}}]}""" },
        { "Group", """{"member":[{"entity":{"reference":"Patient/p"}}]}""" },
    };

    [Theory]
    [MemberData(nameof(Beside))]
    public async Task What_is_about_a_patient_is_hidden_from_whom_she_denies_it_and_shown_to_nobody_more(string type, string body)
    {
        await using var clinic = await ClinicAsync();
        await clinic.CaresAsync("bakker", "p");
        await clinic.BreaksAsync("bakker", "p", Now, Now + 1);
        await clinic.AddAsync(TestStore.Put(type, "about", json => { foreach (var (name, value) in JsonNode.Parse(body)!.AsObject()) json[name] = value!.DeepClone(); }), "linde");
        Assert.Equal(clinic.Rid("p"), await PatientAsync(clinic, "about"));
        await clinic.AssertSeesAsync(clinic.Gp, type, "about");
        await clinic.AssertSeesAsync(clinic.As(Role.PracticeSystem, "linde"), type, "about");
        await clinic.AssertBlindAsync(clinic.Specialist, type, "about");
        foreach (var self in new[] { Role.Patient, Role.Proxy }) await clinic.AssertBlindAsync(clinic.Self(self, "p"), type, "about");
        await clinic.DeniesAsync("p", "jansen");
        await clinic.AssertBlindAsync(clinic.Gp, type, "about");
        await clinic.AssertSeesAsync(clinic.As(Role.Gp, "linde", "smit"), type, "about");
    }

    [Fact]
    public async Task A_collection_about_several_is_hidden_when_any_of_them_denies_it()
    {
        await using var clinic = await ClinicAsync();
        await clinic.AddAsync(TestStore.Put("Bundle", "both", Holding("collection", Entry("Observation", "Patient/p"), Entry("Condition", "Patient/q"))), "linde");
        await clinic.AddAsync(TestStore.Put("Binary", "scan", json => (json["contentType"], json["securityContext"]) = ("text/plain", Ref("Bundle/both"))), "linde");
        await clinic.AssertSeesAsync(clinic.Gp, "Bundle", "both");
        await clinic.DeniesAsync("q", "jansen");
        await clinic.AssertBlindAsync(clinic.Gp, "Bundle", "both");
        await clinic.AssertBlindAsync(clinic.Gp, "Binary", "scan");
    }

    [Fact]
    public async Task What_another_server_sent_under_its_own_address_speaks_of_its_own_patients()
    {
        await using var clinic = await ClinicAsync();
        await clinic.AddAsync(TestStore.Put("Bundle", "theirs", Holding("collection", Entry("Observation", "Patient/p", "https://elsewhere.example/fhir/Observation/1"))), "linde");
        await clinic.AddAsync(TestStore.Put("Bundle", "letter", Holding("document", Entry("Composition", "Patient/p", "https://elsewhere.example/fhir/Composition/1"))), "linde");
        Assert.Equal((0, 0), (await PatientAsync(clinic, "theirs"), await PatientAsync(clinic, "letter")));
    }

    [Fact]
    public async Task H5_A_document_and_a_file_stay_with_their_patient()
    {
        await using var clinic = await ClinicAsync();
        Write Letter(string patient) => TestStore.Put("Bundle", "letter", Holding("document", Entry("Composition", $"Patient/{patient}")));
        Write File(string context) => TestStore.Put("Binary", "file", json => (json["contentType"], json["securityContext"]) = ("text/plain", Ref(context)));
        await clinic.AddAsync(Letter("p"), "linde");
        await clinic.AddAsync(File("Observation/o-p"), "linde");
        foreach (var moved in new[] { Letter("q"), File("Observation/o-q"), File("Patient/q"), TestStore.Put("Binary", "file", json => json["contentType"] = "text/plain") })
            Assert.Equal(IssueKind.Conflict, (await clinic.Store.RefusedAsync(clinic.Gp, moved)).Kind);
        await clinic.Store.DoAsync(Letter("p"), clinic.Gp);
        await clinic.Store.DoAsync(File("Patient/p"), clinic.Gp);
    }

    [Fact]
    public async Task A_file_has_the_patient_of_a_context_that_is_written_after_it_in_the_same_transaction()
    {
        await using var clinic = await ClinicAsync();
        var file = TestStore.Put("Binary", "file", json => (json["contentType"], json["securityContext"]) = ("text/plain", Ref("Observation/new")));
        Assert.False((await clinic.Store.Store.CommitAsync([file, Observation("new", "p")], TestStore.Everyone, default)).Failed(out _, out var written));
        Assert.Equal(["Binary", "Observation"], written!.Select(w => w.Version!.Key.Type));
        Assert.Equal(clinic.Rid("p"), await PatientAsync(clinic, "file"));
    }

    [Fact]
    public async Task A_file_has_the_patient_of_a_context_that_is_written_later_or_gets_one_later()
    {
        await using var clinic = await ClinicAsync();
        foreach (var (file, context) in new[] { ("before", "Observation/later"), ("bare", "List/worklist") })
            await clinic.AddAsync(TestStore.Put("Binary", file, json => (json["contentType"], json["securityContext"]) = ("text/plain", Ref(context))), "linde");
        await clinic.AddAsync(TestStore.Put("List", "worklist"), "linde");
        Assert.Equal((0, 0), (await PatientAsync(clinic, "before"), await PatientAsync(clinic, "bare")));
        await clinic.AddAsync(Observation("later", "p"), "linde");
        await clinic.AddAsync(TestStore.Put("List", "worklist", json => json["entry"] = new JsonArray(new JsonObject { ["item"] = Ref("Patient/p") }, new JsonObject { ["item"] = Ref("Patient/q") })), "linde");
        Assert.Equal((clinic.Rid("p"), -1), (await PatientAsync(clinic, "before"), await PatientAsync(clinic, "bare")));
        await clinic.AssertSeesAsync(clinic.Gp, "Binary", "before");
        await clinic.DeniesAsync("p", "jansen");
        await clinic.AssertBlindAsync(clinic.Gp, "Binary", "before");
        await clinic.AssertBlindAsync(clinic.Gp, "Binary", "bare");
        await clinic.AssertSeesAsync(clinic.As(Role.Gp, "linde", "smit"), "Binary", "before");
    }

    [Fact]
    public async Task A_list_may_change_whom_it_mentions_and_its_subject_opens_it()
    {
        await using var clinic = await ClinicAsync();
        await clinic.CaresAsync("bakker", "q");
        Write Day(params string[] patients) => TestStore.Put("List", "day", json => json["entry"] = new JsonArray([.. patients.Select(p => new JsonObject { ["item"] = Ref($"Patient/{p}") })]));
        await clinic.AddAsync(Day("p"), "linde");
        await clinic.Store.DoAsync(Day("p", "q"), clinic.Gp);
        await clinic.Store.DoAsync(Day("q"), clinic.Gp);
        await clinic.AssertBlindAsync(clinic.Specialist, "List", "day");
        await clinic.Store.DoAsync(TestStore.Put("List", "day", About("q")), clinic.Gp);
        Assert.Null(await clinic.Store.ReadFailsAsync("List", "day", clinic.Specialist));
    }

    [Fact]
    public async Task Rows_from_before_get_their_patients_once()
    {
        await using var clinic = await ClinicAsync();
        Write Letter(string title) => TestStore.Put("Bundle", "letter", json =>
        {
            Holding("document", Entry("Composition", "Patient/p"))(json);
            json["identifier"] = new JsonObject { ["value"] = title };
        });
        await clinic.AddAsync(Letter("one"), "linde");
        await clinic.AddAsync(Letter("two"), "linde");
        await clinic.AddAsync(TestStore.Put("Communication", "call", json => json["recipient"] = new JsonArray(Ref("Patient/p"), Ref("Patient/q"))), "linde");
        await clinic.AddAsync(TestStore.Put("Binary", "scan", json => (json["contentType"], json["securityContext"]) = ("text/plain", Ref("Communication/call"))), "linde");
        await clinic.AddAsync(TestStore.Put("List", "loose"), "linde");
        foreach (var table in (string[])["res", "res_hist"])
            await clinic.ExecuteAsync(Sql.Of($"update {Sql.Raw(table)} set patient = null, confined = 0 where fid in ('letter', 'call', 'scan')"));
        await clinic.ExecuteAsync(Sql.Of($"delete from res_patient"));
        await clinic.DeniesAsync("p", "jansen");
        await clinic.AssertSeesAsync(clinic.Gp, "Bundle", "letter");
        var (keys, times) = (clinic.Store.KeysOfOldRows(), 0);
        for (var i = 0; i < 2; i++) await keys.FillAsync(() => { times++; return Task.CompletedTask; }, default);
        Assert.Equal(1, times);
        await clinic.AssertBlindAsync(clinic.Gp, "Bundle", "letter");
        await clinic.AssertBlindAsync(clinic.Gp, "Communication", "call");
        await clinic.AssertBlindAsync(clinic.Gp, "Binary", "scan");
        await clinic.AssertSeesAsync(clinic.Gp, "List", "loose");
        await clinic.AssertSeesAsync(clinic.As(Role.Gp, "linde", "smit"), "Communication", "call");
        await clinic.CaresAsync("bakker", "p");
        foreach (var (type, id) in new[] { ("Bundle", "letter"), ("Communication", "call"), ("Binary", "scan") }) await clinic.AssertBlindAsync(clinic.Specialist, type, id);
    }

    [Fact]
    public async Task A_company_doctor_sees_nothing_that_her_own_organisation_keeps_for_itself()
    {
        await using var clinic = await ClinicAsync();
        foreach (var type in new[] { "Group", "Parameters", "MessageHeader" })
        {
            await clinic.AddAsync(TestStore.Put(type, $"own-{type}"), "linde");
            await clinic.AssertSeesAsync(clinic.Gp, type, $"own-{type}");
            await clinic.AssertBlindAsync(clinic.As(Role.CompanyDoctor, "linde", "vries"), type, $"own-{type}");
        }
    }

    [Theory]
    [InlineData("Endpoint")]
    [InlineData("HealthcareService")]
    [InlineData("Location")]
    [InlineData("Organization")]
    public async Task Who_keeps_the_directory_changes_and_removes_what_she_made_in_it(string type)
    {
        await using var clinic = await ClinicAsync();
        foreach (var admin in new[] { clinic.As(Role.Administrator, "linde"), clinic.As(Role.Administrator, "linde") with { OrganizationRid = 0 } })
        {
            var made = (await clinic.Store.DoAsync(TestStore.New(type, json => json["name"] = "first"), admin)).Version!.Key;
            await clinic.Store.DoAsync(TestStore.Put(type, made.Id, json => json["name"] = "second"), admin);
            Assert.Equal("second", (string?)(await clinic.Store.ReadAsync(type, made.Id, admin))["name"]);
            Assert.Equal(type == "Endpoint" ? IssueKind.NotFound : null, await clinic.Store.ReadFailsAsync(type, made.Id, clinic.Specialist));
            await clinic.Store.DoAsync(TestStore.Gone(type, made.Id), admin);
        }
        await clinic.AddAsync(TestStore.Put("Group", "panel"), "linde");
        await clinic.AssertBlindAsync(clinic.As(Role.Administrator, "linde"), "Group", "panel");
    }

    private static ValueTask<long> PatientAsync(AccessClinic clinic, string id) =>
        clinic.Store.Database.FirstAsync(Sql.Of($"select coalesce(patient, 0) from res where fid = {id}"), r => r.GetInt64(0), default);
}

public sealed class PatientKeyOnSqlite : PatientKeyContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.SqliteAsync(); }
public sealed class PatientKeyOnPostgres : PatientKeyContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.PostgresAsync(); }
