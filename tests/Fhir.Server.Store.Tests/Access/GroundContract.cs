using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Tests.Resources;
using static Fhir.Server.Store.Tests.Access.AccessClinic;

namespace Fhir.Server.Store.Tests.Access;

/// <summary>What each ground gives to each role, and what a label, a denial and broken glass change; every road to a row agrees.</summary>
public abstract class GroundContract
{
    protected abstract Task<TenantDatabase> EmptyAsync();

    private async Task<AccessClinic> ClinicAsync() => await AccessClinic.OpenAsync(await EmptyAsync());

    private static IEnumerable<Role> On(Ground ground) => RoleTable.All.Where(r => r.StandsOn(ground));

    [Fact]
    public async Task The_own_practice_sees_its_record_and_no_other_role_or_practice_does()
    {
        await using var clinic = await ClinicAsync();
        foreach (var role in RoleTable.All.Where(r => r != Role.Integrator))
        {
            var person = role.Kind == RoleKind.Person ? "smit" : null;
            foreach (var (type, id) in new[] { ("Patient", "p"), ("Observation", "o-p") })
            {
                Assert.Equal(role.StandsOn(Ground.Practice), await clinic.SeesAsync(clinic.As(role, "linde", person), type, id));
                await clinic.AssertBlindAsync(clinic.As(role, "oost", person), type, id);
            }
        }
    }

    [Fact]
    public async Task A_care_relation_of_her_role_or_herself_opens_the_patient_in_its_period_as_far_as_her_role_reaches()
    {
        await using var clinic = await ClinicAsync();
        await clinic.AddAsync(TestStore.Put("MedicationRequest", "m", About("p")), "linde");
        await clinic.CaresAsync("bakker", "p", from: Now, until: Now + 1);
        await clinic.CaresAsync("dr.smit", "p", from: Now, until: Now + 1);
        foreach (var role in RoleTable.All.Where(r => r.Kind == RoleKind.Person))
            foreach (var she in new[] { clinic.As(role, "oost", "bakker"), clinic.As(role, "oost", "smit") })
            {
                foreach (var (type, id) in new[] { ("Patient", "p"), ("MedicationRequest", "m"), ("Observation", "o-p") })
                    Assert.Equal(role.StandsOn(Ground.Care) && role.CareTypes?.Contains(type) != false, await clinic.SeesAsync(she, type, id));
                await clinic.AssertBlindAsync(she, "Observation", "o-q");
                await clinic.AssertBlindAsync(she with { NowMicros = Now - 1 }, "Patient", "p");
                await clinic.AssertBlindAsync(she with { NowMicros = Now + 1 }, "Patient", "p");
            }
        await clinic.AssertBlindAsync(clinic.As(Role.Specialist, "oost", "vries"), "Patient", "p");
        await clinic.AssertBlindAsync(clinic.As(Role.PracticeSystem, "oost"), "Patient", "p");
    }

    [Theory]
    [InlineData(null, 0)]
    [InlineData("N", 0)]
    [InlineData("R", 1)]
    [InlineData("PSY", 1)]
    [InlineData("HIV", 1)]
    [InlineData("V", 2)]
    public async Task A_label_is_seen_by_whose_clearance_reaches_it_and_a_care_relation_reaches_to_restricted(string? code, int label)
    {
        await using var clinic = await ClinicAsync();
        await clinic.AddAsync(Observation("marked", "p", code), "linde");
        await clinic.CaresAsync("bakker", "p");
        foreach (var role in On(Ground.Practice)) Assert.Equal(label <= role.Clearance, await clinic.SeesAsync(clinic.As(role, "linde", role.Kind == RoleKind.Person ? "smit" : null), "Observation", "marked"));
        foreach (var role in On(Ground.Care).Where(r => r.CareTypes is null)) Assert.Equal(label <= Math.Min(role.Clearance, 1), await clinic.SeesAsync(clinic.As(role, "oost", "bakker"), "Observation", "marked"));
        foreach (var role in On(Ground.Self)) Assert.Equal(label <= role.Clearance, await clinic.SeesAsync(clinic.Self(role, "p"), "Observation", "marked"));
    }

    [Fact]
    public async Task A_label_holds_for_the_version_that_had_it_and_for_the_delete()
    {
        await using var clinic = await ClinicAsync();
        await clinic.AddAsync(Observation("was", "p", "V"), "linde");
        await clinic.Store.DoAsync(Observation("was", "p"));
        var assistant = clinic.As(Role.Assistant, "linde", "smit");
        Assert.Null(await clinic.Store.ReadFailsAsync("Observation", "was", assistant));
        Assert.True((await clinic.Store.Store.ReadVersionAsync(new(new("Observation", "was"), "1"), assistant, default)).Failed(out _, out _));
        Assert.False((await clinic.Store.Store.HistoryAsync(new("Observation", new("Observation", "was")), assistant, default)).Failed(out _, out var history));
        Assert.Equal([2], history!.Versions.Select(v => v.Version));
        Assert.Equal(1, history.Total);
        await clinic.AddAsync(Observation("gone", "p", "R"), "linde");
        await clinic.Store.DoAsync(TestStore.Gone("Observation", "gone"));
        Assert.Equal(Core.Outcomes.IssueKind.NotFound, await clinic.Store.ReadFailsAsync("Observation", "gone", assistant));
        Assert.Equal(Core.Outcomes.IssueKind.Gone, await clinic.Store.ReadFailsAsync("Observation", "gone", clinic.Gp));
    }

    [Fact]
    public async Task In_a_thread_no_label_counts_and_letters_need_a_consent_that_covers_them()
    {
        await using var clinic = await ClinicAsync();
        await clinic.AddAsync(TestStore.Put("Communication", "thread", About("p", "V")), "linde");
        await clinic.AddAsync(TestStore.Put("DocumentReference", "letter", About("p")), "linde");
        foreach (var id in new[] { "thread", "letter" }) await clinic.ConfineAsync(id, Confinement.Thread, "thread");
        await clinic.LetsInAsync("vries", "p", "thread", until: Now + 2, letters: Now + 1);
        foreach (var role in On(Ground.Threads))
        {
            var she = clinic.As(role, "oost", "vries");
            await clinic.AssertSeesAsync(she, "Communication", "thread");
            await clinic.AssertSeesAsync(she, "DocumentReference", "letter");
            await clinic.AssertBlindAsync(she, "Observation", "o-p");
            await clinic.AssertSeesAsync(she with { NowMicros = Now + 1 }, "Communication", "thread");
            await clinic.AssertSeesAsync(she with { NowMicros = Now + 1 }, "Patient", "p");
            await clinic.AssertBlindAsync(she with { NowMicros = Now + 1 }, "DocumentReference", "letter");
            await clinic.AssertBlindAsync(she with { NowMicros = Now + 2 }, "Communication", "thread");
            await clinic.AssertBlindAsync(she with { NowMicros = Now + 2 }, "Patient", "p");
        }
        await clinic.AssertBlindAsync(clinic.Gp, "Communication", "thread");
        await clinic.AssertSeesAsync(clinic.As(Role.PracticeSystem, "linde"), "Communication", "thread");
        await clinic.AssertBlindAsync(clinic.As(Role.PracticeSystem, "oost"), "Communication", "thread");
    }

    [Fact]
    public async Task The_system_of_the_practice_that_owns_a_thread_sees_what_others_wrote_in_it()
    {
        await using var clinic = await ClinicAsync();
        await clinic.AddAsync(TestStore.Put("Communication", "thread"), "linde");
        await clinic.AddAsync(TestStore.Put("Communication", "answer"), "oost");
        foreach (var id in new[] { "thread", "answer" }) await clinic.ConfineAsync(id, Confinement.Thread, "thread");
        await clinic.LetsInAsync("jansen", "p", "thread", owner: "linde");
        await clinic.LetsInAsync("bakker", "p", "thread");
        await clinic.AssertSeesAsync(clinic.As(Role.PracticeSystem, "linde"), "Communication", "thread", "answer");
        await clinic.AssertBlindAsync(clinic.As(Role.PracticeSystem, "oost"), "Communication", "thread");
    }

    [Fact]
    public async Task An_assistant_reads_along_with_the_one_for_whom_she_acts_and_writes_nothing_there()
    {
        await using var clinic = await ClinicAsync();
        await clinic.AddAsync(TestStore.Put("Communication", "thread"), "linde");
        await clinic.ConfineAsync("thread", Confinement.Thread, "thread");
        await clinic.LetsInAsync("jansen", "p", "thread");
        var assistant = clinic.As(Role.Assistant, "linde", "smit");
        var acting = assistant with { OnBehalfOf = new("PractitionerRole", "jansen"), OnBehalfOfRid = clinic.Rid("jansen") };
        await clinic.AssertBlindAsync(assistant, "Communication", "thread");
        await clinic.AssertSeesAsync(acting, "Communication", "thread");
        await clinic.AssertBlindAsync(acting with { Role = Role.Gp }, "Communication", "thread");
        Assert.Equal(Core.Outcomes.IssueKind.NotFound, (await clinic.Store.RefusedAsync(acting, TestStore.Put("Communication", "thread", json => json["status"] = "completed"))).Kind);
    }

    [Fact]
    public async Task A_patient_sees_her_own_record_and_her_notices_but_not_what_clinicians_write_to_each_other()
    {
        await using var clinic = await ClinicAsync();
        foreach (var (type, id, to) in new[] { ("Communication", "thread", Confinement.Thread), ("Communication", "notice", Confinement.Review), ("Task", "review", Confinement.Review) })
        {
            await clinic.AddAsync(TestStore.Put(type, id, type == "Task" ? json => json["for"] = new System.Text.Json.Nodes.JsonObject { ["reference"] = "Patient/p" } : About("p")), "linde");
            await clinic.ConfineAsync(id, to, to == Confinement.Thread ? id : null);
        }
        foreach (var she in On(Ground.Self).Select(role => clinic.Self(role, "p")))
        {
            await clinic.AssertSeesAsync(she, "Patient", "p");
            await clinic.AssertSeesAsync(she, "Observation", "o-p");
            await clinic.AssertSeesAsync(she, "Communication", "notice");
            await clinic.AssertBlindAsync(she, "Communication", "thread");
            await clinic.AssertBlindAsync(she, "Task", "review");
            await clinic.AssertBlindAsync(she, "Patient", "q");
            await clinic.AssertBlindAsync(she, "Observation", "o-q");
        }
        var officer = clinic.As(Role.PrivacyOfficer, "linde");
        await clinic.AssertSeesAsync(officer, "Task", "review");
        await clinic.AssertBlindAsync(officer, "Communication", "thread");
        await clinic.AssertBlindAsync(officer, "Observation", "o-p");
        await clinic.CaresAsync("jansen", "p");
        foreach (var other in new[] { clinic.Gp, clinic.As(Role.PracticeSystem, "linde"), clinic.As(Role.Administrator, "linde"), clinic.As(Role.CompanyDoctor, "linde", "vries") })
        {
            await clinic.AssertBlindAsync(other, "Task", "review");
            await clinic.AssertBlindAsync(other, "Communication", "notice");
        }
    }

    [Fact]
    public async Task Officers_and_patients_see_nothing_of_an_organisation()
    {
        await using var clinic = await ClinicAsync();
        await clinic.AddAsync(TestStore.Put("Group", "panel", json => json["actual"] = true), "linde");
        await clinic.AssertSeesAsync(clinic.Gp, "Group", "panel");
        foreach (var role in new[] { Role.Administrator, Role.PrivacyOfficer, Role.Patient, Role.Proxy }) await clinic.AssertBlindAsync(clinic.As(role, "linde"), "Group", "panel");
    }
}

public sealed class GroundOnSqlite : GroundContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.SqliteAsync(); }
public sealed class GroundOnPostgres : GroundContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.PostgresAsync(); }
