using System.Text;
using System.Text.Json.Nodes;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Resources;
using Fhir.Server.Store.Rules;
using Fhir.Server.Store.Tests.Resources;

namespace Fhir.Server.Store.Tests.Access;

/// <summary>Who sees which row: two practices, a company doctor, a system, officers. Hidden looks like absent.</summary>
public abstract class AccessContract
{
    private const long Now = 4_000_000_000_000_000;   // after every commit of the test
    protected abstract Task<TenantDatabase> EmptyAsync();

    private async Task<(TestStore Store, Func<Role, string, string?, AccessContext> As)> ClinicAsync()
    {
        var store = await TestStore.OpenAsync(await EmptyAsync(), new CareRule(new()));
        foreach (var organization in new[] { "linde", "oost" }) await store.DoAsync(TestStore.Put("Organization", organization, json => json["name"] = organization));
        foreach (var role in new[] { "jansen", "vries", "bakker" }) await store.DoAsync(TestStore.Put("PractitionerRole", role));
        var rids = (await store.Database.QueryAsync(Sql.Raw("select fid, rid from res"), r => (r.GetString(0), r.GetInt64(1)), default)).ToDictionary(r => r.Item1, r => r.Item2, StringComparer.Ordinal);
        AccessContext As(Role role, string organization, string? actor) => new()
        {
            Who = actor ?? "system", Role = role, Scopes = Scopes.Parse("user/*.cruds system/*.cruds"), NowMicros = Now,
            Organization = new("Organization", organization), OrganizationRid = rids.GetValueOrDefault(organization),
            Actor = actor is null ? null : new("PractitionerRole", actor), ActorRid = actor is null ? 0 : rids[actor],
        };
        return (store, As);
    }

    private static Write Patient(string id) => TestStore.Put("Patient", id, json =>
    {
        json["identifier"] = new JsonArray(new JsonObject { ["system"] = "http://fhir.nl/fhir/NamingSystem/bsn", ["value"] = "999990019" });
        json["name"] = new JsonArray(new JsonObject { ["family"] = "Dijk" });
        json["birthDate"] = "1975-03-18";
        json["address"] = new JsonArray(new JsonObject { ["city"] = "Zwolle" });
    });

    private static Write In(string home, Write write) => new() { Kind = write.Kind, Key = write.Key, Resource = write.Resource, Json = write.Json, Home = new("Organization", home) };

    private static async Task<long> RidAsync(TestStore store, string id) => await store.Database.FirstAsync(Sql.Of($"select rid from res where fid = {id}"), r => r.GetInt64(0), default);

    private static async Task LetInAsync(TestStore store, string actor, string patient, string thread, long until = long.MaxValue)
    {
        var (a, p, t) = (await RidAsync(store, actor), await RidAsync(store, patient), await RidAsync(store, thread));
        await using var session = await store.Database.WriteAsync(default);
        await session.ExecuteAsync(Sql.Of($"insert into participant(thread, actor, org, patient, owner, from_at, until_at) values({t}, {a}, null, {p}, 0, 0, {until})"), default);
        await session.ExecuteAsync(Sql.Of($"update res set thread = rid, confined = 1 where rid = {t}"), default);
        await session.CommitAsync(default);
    }

    [Fact]
    public async Task A_patient_is_seen_by_his_own_practice_and_is_absent_for_every_other()
    {
        var (store, As) = await ClinicAsync();
        await using var _ = store;
        await store.DoAsync(In("linde", Patient("p")));
        Assert.Null(await store.ReadFailsAsync("Patient", "p", As(Role.Gp, "linde", "jansen")));
        Assert.Null(await store.ReadFailsAsync("Patient", "p", As(Role.Assistant, "linde", "jansen")));
        Assert.Null(await store.ReadFailsAsync("Patient", "p", As(Role.PracticeSystem, "linde", null)));
        foreach (var stranger in new[] { As(Role.Gp, "oost", "bakker"), As(Role.Specialist, "oost", "bakker"), As(Role.CompanyDoctor, "linde", "vries"), As(Role.PracticeSystem, "oost", null), As(Role.Administrator, "linde", null), As(Role.PrivacyOfficer, "linde", null), As(Role.Gp, "nowhere", null) })
        {
            Assert.Equal(IssueKind.NotFound, await store.ReadFailsAsync("Patient", "p", stranger));
            Assert.Equal(await MessageAsync(store, "p", stranger), await MessageAsync(store, "no-such", stranger));
        }
    }

    private static async Task<string> MessageAsync(TestStore store, string id, AccessContext by) => (await store.RefusedAsync(by, Patient(id))).Text;

    [Fact]
    public async Task What_belongs_to_no_practice_is_seen_by_no_practice()
    {
        var (store, As) = await ClinicAsync();
        await using var _ = store;
        await store.DoAsync(Patient("p"));
        Assert.Equal(IssueKind.NotFound, await store.ReadFailsAsync("Patient", "p", As(Role.Gp, "linde", "jansen")));
        Assert.Equal(IssueKind.NotFound, await store.ReadFailsAsync("Patient", "p", As(Role.Gp, "nowhere", null)));
    }

    [Fact]
    public async Task A_company_doctor_sees_a_reduced_patient_in_her_thread_until_it_ends()
    {
        var (store, As) = await ClinicAsync();
        await using var _ = store;
        await store.DoAsync(In("linde", Patient("p")));
        await store.DoAsync(In("linde", TestStore.Put("Communication", "thread", json => json["status"] = "in-progress")));
        await store.DoAsync(In("linde", TestStore.Put("Communication", "other", json => json["status"] = "in-progress")));
        await LetInAsync(store, "vries", "p", "thread", until: Now + 1);
        var vries = As(Role.CompanyDoctor, "oost", "vries");
        var patient = await store.ReadAsync("Patient", "p", vries);
        Assert.Equal(["birthDate", "id", "meta", "name", "resourceType"], patient.Select(p => p.Key).Order(StringComparer.Ordinal));
        Assert.Equal("SUBSETTED", (string)patient["meta"]!["tag"]![0]!["code"]!);
        Assert.Null(await store.ReadFailsAsync("Communication", "thread", vries));
        Assert.Equal(IssueKind.NotFound, await store.ReadFailsAsync("Communication", "other", vries));
        var later = vries with { NowMicros = Now + 1 };
        Assert.Equal(IssueKind.NotFound, await store.ReadFailsAsync("Patient", "p", later));
        Assert.Equal(IssueKind.NotFound, await store.ReadFailsAsync("Communication", "thread", later));
        Assert.False((await store.Store.HistoryAsync(new(null, null), later, default)).Failed(out var _, out var history));
        Assert.DoesNotContain(history!.Versions, v => v.Key.Type is "Patient" or "Communication");
    }

    [Fact]
    public async Task A_history_shows_a_company_doctor_no_more_than_a_read()
    {
        var (store, As) = await ClinicAsync();
        await using var _ = store;
        await store.DoAsync(In("linde", Patient("p")));
        await store.DoAsync(In("linde", TestStore.Put("Communication", "thread", json => json["status"] = "in-progress")));
        await LetInAsync(store, "vries", "p", "thread");
        Assert.False((await store.Store.HistoryAsync(new("Patient", new("Patient", "p")), As(Role.CompanyDoctor, "oost", "vries"), default)).Failed(out var _, out var history));
        Assert.DoesNotContain("999990019", Encoding.UTF8.GetString(Assert.Single(history!.Versions).Body.Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_confined_thread_is_hidden_from_colleagues_but_not_from_the_practice_system()
    {
        var (store, As) = await ClinicAsync();
        await using var _ = store;
        await store.DoAsync(In("linde", Patient("p")));
        await store.DoAsync(In("linde", TestStore.Put("Communication", "thread", json => json["status"] = "in-progress")));
        await LetInAsync(store, "jansen", "p", "thread");
        Assert.Null(await store.ReadFailsAsync("Communication", "thread", As(Role.Gp, "linde", "jansen")));
        Assert.Equal(IssueKind.NotFound, await store.ReadFailsAsync("Communication", "thread", As(Role.Assistant, "linde", "bakker")));
        Assert.Null(await store.ReadFailsAsync("Communication", "thread", As(Role.PracticeSystem, "linde", null)));
        Assert.Equal(IssueKind.NotFound, await store.ReadFailsAsync("Communication", "thread", As(Role.PracticeSystem, "oost", null)));
    }

    [Fact]
    public async Task A_care_team_made_by_the_patients_practice_lets_a_specialist_in_and_its_withdrawal_lets_her_out()
    {
        var (store, As) = await ClinicAsync();
        await using var _ = store;
        var (jansen, bakker) = (As(Role.Gp, "linde", "jansen"), As(Role.Specialist, "oost", "bakker"));
        await store.DoAsync(In("linde", Patient("p")));
        var team = await store.DoAsync(TestStore.New("CareTeam", Team("active", "bakker")), jansen);
        Assert.Null(await store.ReadFailsAsync("Patient", "p", bakker));
        await store.DoAsync(TestStore.Put("CareTeam", team.Version!.Key.Id, Team("entered-in-error", "bakker")), jansen);
        Assert.Equal(IssueKind.NotFound, await store.ReadFailsAsync("Patient", "p", bakker));
    }

    [Fact]
    public async Task Nobody_lets_herself_in_by_a_care_team_of_her_own()
    {
        var (store, As) = await ClinicAsync();
        await using var _ = store;
        var bakker = As(Role.Specialist, "oost", "bakker");
        await store.DoAsync(In("linde", Patient("p")));
        Assert.Equal("not-found", (await store.RefusedAsync(bakker, TestStore.New("CareTeam", Team("active", "bakker")))).Code);
        await store.DoAsync(TestStore.New("CareTeam", Team("active", "bakker")), As(Role.PracticeSystem, "oost", null));
        Assert.Equal(IssueKind.NotFound, await store.ReadFailsAsync("Patient", "p", bakker));
    }

    private static Action<JsonObject> Team(string status, string member) => json =>
    {
        json["status"] = status;
        json["subject"] = new JsonObject { ["reference"] = "Patient/p" };
        json["participant"] = new JsonArray(new JsonObject { ["member"] = new JsonObject { ["reference"] = $"PractitionerRole/{member}" } });
    };

    [Fact]
    public async Task Everyone_reads_the_directory_and_only_administrators_write_it()
    {
        var (store, As) = await ClinicAsync();
        await using var _ = store;
        foreach (var role in RoleTable.All) Assert.Null(await store.ReadFailsAsync("Organization", "linde", As(role, "oost", null)));
        Assert.Equal(IssueKind.Forbidden, (await store.RefusedAsync(As(Role.Gp, "linde", "jansen"), TestStore.Put("Organization", "linde"))).Kind);
        await store.DoAsync(TestStore.Put("Organization", "linde", json => json["name"] = "De Linde"), As(Role.Administrator, "linde", null));
    }

    [Fact]
    public async Task A_scope_that_is_not_there_refuses_the_write()
    {
        var (store, As) = await ClinicAsync();
        await using var _ = store;
        var reader = As(Role.Gp, "linde", "jansen") with { Scopes = Scopes.Parse("user/*.rs user/Patient.u") };
        Assert.Equal(IssueKind.Forbidden, (await store.RefusedAsync(reader, TestStore.New("Patient"))).Kind);
    }

    [Fact]
    public void Every_type_of_R4_has_its_line_in_the_order_of_the_definitions() =>
        Assert.Equal(Core.Definitions.DefinitionSet.R4.ResourceTypes, AccessTable.Types);
}

public sealed class AccessOnSqlite : AccessContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.SqliteAsync(); }
public sealed class AccessOnPostgres : AccessContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.PostgresAsync(); }
