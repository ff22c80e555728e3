using System.Text.Json.Nodes;
using Fhir.Messaging.Tests.Clinic;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Tests;
using static Fhir.Messaging.Tests.Clinic.TestClinic;
using Op = Fhir.Messaging.Tests.Clinic.Threads;

namespace Fhir.Messaging.Tests.ConsentTests;

/// <summary>Who takes part in threads when the directory changes: out at once who lost what let her in, and in again who has it again.</summary>
public abstract class ParticipationContract
{
    protected abstract Task<TenantDatabase> EmptyAsync();

    private static readonly Dictionary<string, (string Resource, Action<JsonObject> Change)> Ends = new(StringComparer.Ordinal)
    {
        ["inactive"] = ("PractitionerRole", r => r["active"] = false),
        ["over"] = ("PractitionerRole", r => r["period"] = new JsonObject { ["end"] = "2020-01-01" }),
        ["another profession"] = ("PractitionerRole", r => r["code"]![0]!["coding"]![0]!["code"] = "administrator"),
        ["no profession"] = ("PractitionerRole", r => r.Remove("code")),
        ["moved"] = ("PractitionerRole", r => r["organization"]!["reference"] = "Organization/elders"),
        ["now a company doctor"] = ("PractitionerRole", r => r["code"]![0]!["coding"]![0]!["code"] = "company-doctor"),
        ["closed"] = ("Organization", o => o["active"] = false),
        ["employer"] = ("Organization", o => o["type"] = Kind("employer")),
        ["occupational health"] = ("Organization", o => o["type"] = Kind("occupational-health")),
    };

    public static TheoryData<string> Ways => [.. Ends.Keys];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Who_loses_her_role_or_organisation_is_out_of_her_threads_until_she_has_it_again(string how)
    {
        await using var clinic = await OpenAsync();
        var thread = await clinic.OpenThreadAsync("dr.bakker", "een");
        var other = await clinic.OpenThreadAsync("dr.smit", "een");
        var (resource, change) = Ends[how];
        var url = resource == "Organization" ? "/fhir/Organization/rijnmond" : "/fhir/PractitionerRole/dr.bakker";
        var before = Ok(await clinic.Integrator.Get(url)).Json.AsObject();
        var changed = before.DeepClone().AsObject();
        change(changed);
        Ok(await clinic.Integrator.Put(url, changed.ToJsonString()));
        Assert.Equal((0, 1), (await InAsync(clinic, "dr.bakker"), await InAsync(clinic, "dr.jansen", thread)));
        Assert.NotEqual(200, (await Op.Messages(clinic.Bakker, thread)).Code);
        Assert.Equal(resource == "Organization" ? 0 : 1, await InAsync(clinic, "dr.smit"));
        Ok(await Op.Send(clinic.Jansen, thread, "Ziet zij dit?"), 201);
        if (how != "moved") Assert.Equal(403, (await Op.Open(clinic.Jansen, Patient, ["dr.bakker"])).Code);

        await clinic.ConsentAsync("PractitionerRole/dr.devries");   // all are judged again: she stays out
        Assert.Equal(0, await InAsync(clinic, "dr.bakker"));
        Ok(await clinic.Integrator.Put(url, before.ToJsonString()));
        Assert.Equal([1], Ok(await Op.Messages(clinic.Bakker, thread)).Entries().Select(m => m.Seq()));
        Assert.Equal(1, await InAsync(clinic, "dr.smit", other));
    }

    [Fact]
    public async Task Who_was_shut_out_by_a_denial_is_not_let_in_by_a_change_of_the_directory()
    {
        await using var clinic = await OpenAsync();
        var thread = await clinic.OpenThreadAsync("dr.bakker", "een");
        await clinic.ConsentAsync("PractitionerRole/dr.bakker", c => c.Provision()["type"] = "deny");
        foreach (var active in (bool[])[false, true])
        {
            var role = Ok(await clinic.Integrator.Get("/fhir/PractitionerRole/dr.bakker")).Json.AsObject();
            role["active"] = active;
            Ok(await clinic.Integrator.Put("/fhir/PractitionerRole/dr.bakker", role.ToJsonString()));
            Assert.Equal(0, await InAsync(clinic, "dr.bakker"));
        }
        Assert.Equal(404, (await Op.Messages(clinic.Bakker, thread)).Code);
    }

    [Fact]
    public async Task Who_is_in_under_a_consent_that_names_her_stays_when_she_comes_to_need_one()
    {
        await using var clinic = await OpenAsync();
        await clinic.ConsentAsync();
        var thread = await clinic.OpenThreadAsync("dr.devries", "een");
        var service = Ok(await clinic.Integrator.Get("/fhir/Organization/arbodienst-oost")).Json.AsObject();
        foreach (var (kind, inThread) in ((string?, int)[])[("employer", 0), ("occupational-health", 1)])
        {
            service["type"] = Kind(kind!);
            Ok(await clinic.Integrator.Put("/fhir/Organization/arbodienst-oost", service.ToJsonString()));
            Assert.Equal(inThread, await InAsync(clinic, "dr.devries", thread));
        }
    }

    [Fact]
    public async Task A_role_that_is_deleted_takes_part_in_nothing()
    {
        await using var clinic = await OpenAsync();
        await clinic.OpenThreadAsync("dr.smit", "een");
        Assert.Equal(204, (await clinic.Integrator.Delete("/fhir/PractitionerRole/dr.smit")).Code);
        Assert.Equal(0, await InAsync(clinic, "dr.smit"));
        await clinic.ConsentAsync();
        Assert.Equal(0, await InAsync(clinic, "dr.smit"));
    }

    private async Task<TestClinic> OpenAsync()
    {
        var clinic = await TestClinic.OpenAsync(EmptyAsync);
        await clinic.PutAsync("Organization", "elders", """ "active":true,"name":"Elders" """);
        await clinic.PutAsync("PractitionerRole", "dr.smit",
            $$""" "active":true,"practitioner":{"reference":"Practitioner/dr.bakker"},"organization":{"reference":"Organization/rijnmond"},"code":[{"coding":[{"system":"{{ClinicUrls.ClinicRole}}","code":"specialist"}]}] """);
        return clinic;
    }

    private static JsonArray Kind(string kind) => [new JsonObject { ["coding"] = new JsonArray(new JsonObject { ["system"] = ClinicUrls.OrganizationKind, ["code"] = kind }) }];

    /// <summary>In how many threads she is now.</summary>
    private static async Task<long> InAsync(TestClinic clinic, string who, string? thread = null) => await clinic.Database.FirstAsync(Sql.Of(
        $"""
        select count(*) from participant p join res r on r.rid = p.actor join res t on t.rid = p.thread
        where r.fid = {who} and p.until_at > {clinic.Clock.Micros} and ({thread ?? ""} = '' or t.fid = {thread ?? ""})
        """), r => r.GetInt64(0), default);
}

public sealed class ParticipationOnSqlite : ParticipationContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.SqliteAsync(); }
public sealed class ParticipationOnPostgres : ParticipationContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.PostgresAsync(); }
