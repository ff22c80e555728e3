using System.Text.Json.Nodes;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Resources;
using Fhir.Server.Store.Tests.Resources;
using static Fhir.Server.Store.Tests.Access.AccessClinic;

namespace Fhir.Server.Store.Tests.Access;

/// <summary>What a write may not do to what is there, or refer to: catalogue H5.</summary>
public abstract class GuardContract
{
    protected abstract Task<TenantDatabase> EmptyAsync();

    private async Task<AccessClinic> ClinicAsync() => await AccessClinic.OpenAsync(await EmptyAsync());

    [Fact]
    public async Task H5_A_resource_cannot_be_moved_to_another_patient()
    {
        await using var clinic = await ClinicAsync();
        foreach (var she in new[] { clinic.Gp, clinic.As(Role.PracticeSystem, "linde") })
        {
            Assert.Equal(IssueKind.Conflict, (await clinic.Store.RefusedAsync(she, Observation("o-p", "q"))).Kind);
            Assert.Equal(IssueKind.Conflict, (await clinic.Store.RefusedAsync(she, TestStore.New("Observation", About("q")), Observation("o-p", "q"))).Kind);
            Assert.Equal(IssueKind.Conflict, (await clinic.Store.RefusedAsync(she, TestStore.Put("Observation", "o-p", json => json["status"] = "final"))).Kind);
            await clinic.Store.DoAsync(Observation("o-p", "p"), she);
        }
        await clinic.Store.DoAsync(Observation("o-p", "q"));
        await clinic.AssertSeesAsync(clinic.Gp, "Observation", "o-q");
    }

    [Fact]
    public async Task H5_Who_sees_by_care_what_another_organisation_keeps_does_not_write_it()
    {
        await using var clinic = await ClinicAsync();
        await clinic.CaresAsync("bakker", "p");
        await clinic.AssertSeesAsync(clinic.Specialist, "Observation", "o-p");
        foreach (var write in new[] { Observation("o-p", "p"), TestStore.Gone("Observation", "o-p") })
            Assert.Equal(IssueKind.Forbidden, (await clinic.Store.RefusedAsync(clinic.Specialist, write)).Kind);
    }

    [Fact]
    public async Task H5_Restoring_what_was_deleted_does_not_move_it()
    {
        await using var clinic = await ClinicAsync();
        await clinic.Store.DoAsync(TestStore.Gone("Observation", "o-p"), clinic.Gp);
        Assert.Equal(IssueKind.Conflict, (await clinic.Store.RefusedAsync(clinic.Gp, Observation("o-p", "q"))).Kind);
        Assert.Equal(IssueKind.NotFound, (await clinic.Store.RefusedAsync(clinic.Specialist, Observation("o-p", "p"))).Kind);
        await clinic.Store.DoAsync(Observation("o-p", "p"), clinic.Gp);
    }

    [Fact]
    public async Task What_was_about_nobody_may_become_about_one_patient_once()
    {
        await using var clinic = await ClinicAsync();
        await clinic.AddAsync(TestStore.Put("Observation", "loose", json => json["status"] = "final"), "linde");
        await clinic.Store.DoAsync(Observation("loose", "p"), clinic.Gp);
        Assert.Equal(IssueKind.Conflict, (await clinic.Store.RefusedAsync(clinic.Gp, Observation("loose", "q"))).Kind);
    }

    [Fact]
    public async Task Of_several_patients_none_is_added_or_left_out()
    {
        await using var clinic = await ClinicAsync();
        Write Meeting(params string[] patients) => TestStore.Put("Appointment", "both", json =>
            json["participant"] = new JsonArray([.. patients.Select(p => new JsonObject { ["actor"] = new JsonObject { ["reference"] = $"Patient/{p}" } })]));
        await clinic.AddAsync(Meeting("p", "q"), "linde");
        await clinic.Store.DoAsync(Meeting("q", "p"), clinic.Gp);
        Assert.Equal(IssueKind.Conflict, (await clinic.Store.RefusedAsync(clinic.Gp, Meeting("p"))).Kind);
        await clinic.Store.DoAsync(TestStore.Gone("Appointment", "both"), clinic.Gp);
        Assert.Equal(IssueKind.Conflict, (await clinic.Store.RefusedAsync(clinic.Gp, Meeting("q"))).Kind);
        await clinic.Store.DoAsync(Meeting("p", "q"), clinic.Gp);
    }

    [Fact]
    public async Task H5_A_security_label_is_made_less_strict_only_by_who_sees_all_that_her_practice_keeps()
    {
        await using var clinic = await ClinicAsync();
        var nurse = clinic.As(Role.Parse("practice-nurse")!, "linde", "smit");
        await clinic.AddAsync(Observation("marked", "p", "PSY"), "linde");
        foreach (var lower in new[] { Observation("marked", "p"), Observation("marked", "p", "N") })
        {
            var refused = await clinic.Store.RefusedAsync(nurse, lower);
            Assert.Equal((IssueKind.Forbidden, "Observation.meta.security"), (refused.Kind, refused.Where));
        }
        await clinic.Store.DoAsync(Observation("marked", "p", "R"), nurse);
        await clinic.Store.DoAsync(TestStore.Gone("Observation", "marked"), nurse);
        Assert.Equal(IssueKind.Forbidden, (await clinic.Store.RefusedAsync(nurse, Observation("marked", "p"))).Kind);
        await clinic.Store.DoAsync(Observation("marked", "p", "R"), nurse);
        await clinic.Store.DoAsync(Observation("marked", "p"), clinic.Gp);
        await clinic.Store.DoAsync(Observation("marked", "p", "V"), nurse);
        await clinic.AssertBlindAsync(nurse, "Observation", "marked");   // in its older versions, too
    }

    [Theory]
    [InlineData("Observation", "subject", "Patient/p", "Patient/nobody", "Observation.subject")]
    [InlineData("Observation", "subject", "http://localhost/fhir/Patient/p", "http://localhost/fhir/Patient/nobody", "Observation.subject")]
    [InlineData("Observation", "subject", "Patient/p/_history/1", "Patient/nobody/_history/1", "Observation.subject")]
    [InlineData("Observation", "focus[]", "Observation/o-p", "Observation/nothing", "Observation.focus[0]")]
    [InlineData("CareTeam", "subject", "Patient/p", "Patient/nobody", "CareTeam.subject")]
    [InlineData("EpisodeOfCare", "patient", "Patient/p", "Patient/nobody", "EpisodeOfCare.patient")]
    [InlineData("RelatedPerson", "patient", "Patient/p", "Patient/nobody", "RelatedPerson.patient")]
    [InlineData("Consent", "patient", "Patient/p", "Patient/nobody", "Consent.patient")]
    public async Task H5_A_person_cannot_refer_to_what_is_hidden_and_cannot_tell_it_from_what_is_missing(string type, string element, string hidden, string missing, string where)
    {
        await using var clinic = await ClinicAsync();
        Write With(string reference) => TestStore.New(type, json =>
        {
            JsonNode to = new JsonObject { ["reference"] = reference };
            json[element.TrimEnd('[', ']')] = element.EndsWith(']') ? new JsonArray(to) : to;
        });
        var (first, second) = (await clinic.Store.RefusedAsync(clinic.Specialist, With(hidden)), await clinic.Store.RefusedAsync(clinic.Specialist, With(missing)));
        Assert.Equal((IssueKind.Invalid, "not-found", where), (first.Kind, first.Code, first.Where));
        Assert.Equal(second, first);
        Assert.DoesNotContain("p", first.Text.Split(' '));
        // In a transaction, beside what is written with it, and in an extension or something contained: the same.
        Assert.Equal(first, await clinic.Store.RefusedAsync(clinic.Specialist, TestStore.New("Basic"), With(hidden)));
        await clinic.AssertBlindAsync(clinic.Specialist, "Patient", "p");
        // What systems send may refer to what is not there yet; it lets nobody in.
        if (type != "Consent") await clinic.Store.DoAsync(With(missing), clinic.As(Role.PracticeSystem, "oost"));
        await clinic.AssertBlindAsync(clinic.Specialist, "Patient", "p");
    }

    [Fact]
    public async Task References_are_looked_for_wherever_they_stand()
    {
        await using var clinic = await ClinicAsync();
        JsonObject To(string reference) => new() { ["reference"] = reference };
        var places = new Dictionary<string, Action<JsonObject>>(StringComparer.Ordinal)
        {
            ["Basic.extension[0].valueReference"] = json => json["extension"] = new JsonArray(new JsonObject { ["url"] = "http://x.example", ["valueReference"] = To("Patient/p") }),
            ["Basic.contained[0].subject"] = json => json["contained"] = new JsonArray(new JsonObject { ["resourceType"] = "Observation", ["id"] = "c", ["subject"] = To("Patient/p") }),
            ["Basic.subject"] = json => json["subject"] = To("Patient/p"),
        };
        foreach (var (_, place) in places) Assert.Equal("not-found", (await clinic.Store.RefusedAsync(clinic.Specialist, TestStore.New("Basic", place))).Code);
        foreach (var reference in new[] { "#c", "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0", "http://elsewhere.example/fhir/Patient/p", "Practitioner/dr.jansen", "Organization/linde" })
            await clinic.Store.DoAsync(TestStore.New("Basic", json => json["subject"] = To(reference)), clinic.Specialist);
        await clinic.Store.DoAsync(TestStore.New("Basic", json => json["subject"] = new JsonObject { ["identifier"] = new JsonObject { ["value"] = "Patient/p" } }), clinic.Specialist);
    }

    [Fact]
    public async Task A_reference_that_is_there_already_or_is_written_along_is_left_and_one_to_what_is_deleted_is_not()
    {
        await using var clinic = await ClinicAsync();
        await clinic.AddAsync(TestStore.Put("Basic", "kept", json => json["author"] = new JsonObject { ["reference"] = "Practitioner/nobody" }), "linde");
        Write Kept(string author) => TestStore.Put("Basic", "kept", json => (json["language"], json["author"]) = ("nl", new JsonObject { ["reference"] = author }));
        await clinic.Store.DoAsync(Kept("Practitioner/nobody"), clinic.Gp);
        Assert.Equal("not-found", (await clinic.Store.RefusedAsync(clinic.Gp, Kept("Practitioner/nobody.else"))).Code);
        var patient = TestStore.New("Patient");
        Assert.False((await clinic.Store.Store.CommitAsync([patient, TestStore.New("Observation", About(patient.Key.Id))], clinic.Gp, default)).Failed(out var issue, out _), issue?.Text);
        await clinic.Store.DoAsync(TestStore.Gone("Patient", "q"));
        Assert.Equal("not-found", (await clinic.Store.RefusedAsync(clinic.Gp, TestStore.New("Observation", About("q")))).Code);
    }

    [Fact]
    public async Task H5_A_chosen_id_that_is_hidden_answers_as_one_that_is_not_there()
    {
        await using var clinic = await ClinicAsync();
        foreach (var (type, hidden) in new[] { ("Observation", "o-p"), ("Patient", "p") })
        {
            Func<string, Write>[] ways = [id => TestStore.Put(type, id), id => TestStore.Put(type, id, ifMatch: "1"), id => TestStore.Gone(type, id)];
            foreach (var way in ways)
            {
                Assert.Equal(await clinic.Store.RefusedAsync(clinic.Specialist, way("nothing")), await clinic.Store.RefusedAsync(clinic.Specialist, way(hidden)));
                Assert.Equal(await clinic.Store.RefusedAsync(clinic.Specialist, TestStore.New("Basic"), way("nothing")), await clinic.Store.RefusedAsync(clinic.Specialist, TestStore.New("Basic"), way(hidden)));
            }
        }
    }

    [Fact]
    public async Task H5_Nobody_with_a_role_in_the_directory_writes_the_directory_and_assistants_record_no_consent_by_themselves()
    {
        await using var clinic = await ClinicAsync();
        foreach (var role in RoleTable.All.Where(r => r != Role.Administrator && r != Role.Integrator))
            foreach (var type in new[] { "PractitionerRole", "Practitioner", "Organization", "Endpoint", "StructureDefinition" })
                Assert.Equal(IssueKind.Forbidden, (await clinic.Store.RefusedAsync(clinic.As(role, "linde", "jansen"), TestStore.New(type))).Kind);
        Assert.Equal(IssueKind.Forbidden, (await clinic.Store.RefusedAsync(clinic.As(Role.Administrator, "linde", "jansen"), TestStore.New("PractitionerRole"))).Kind);
        await clinic.Store.DoAsync(TestStore.New("PractitionerRole"), clinic.As(Role.Administrator, "linde"));
        var assistant = clinic.As(Role.Assistant, "linde", "smit");
        Assert.Equal(IssueKind.Forbidden, (await clinic.Store.RefusedAsync(assistant, TestStore.New("Consent"))).Kind);
        Assert.Equal(IssueKind.Forbidden, (await clinic.Store.RefusedAsync(clinic.As(Role.PracticeSystem, "linde"), TestStore.New("Consent"))).Kind);
        await clinic.Store.DoAsync(TestStore.New("Consent"), assistant with { OnBehalfOfRid = clinic.Rid("jansen") });
    }
}

public sealed class GuardOnSqlite : GuardContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.SqliteAsync(); }
public sealed class GuardOnPostgres : GuardContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.PostgresAsync(); }
