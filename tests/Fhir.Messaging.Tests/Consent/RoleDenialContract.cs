using System.Text.Json.Nodes;
using Fhir.Messaging.Tests.CareTests;
using Fhir.Messaging.Tests.Clinic;
using Fhir.Server.Api.Tests;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Tests;
using static Fhir.Messaging.Tests.Clinic.TestClinic;
using Op = Fhir.Messaging.Tests.Clinic.Threads;

namespace Fhir.Messaging.Tests.ConsentTests;

/// <summary>A denial that names a role means the person who bears it, in all her roles.</summary>
public abstract class RoleDenialContract
{
    private const string Bakker = "PractitionerRole/dr.bakker", Record = "/fhir/Observation/o1";

    protected abstract Task<TenantDatabase> EmptyAsync();

    // Dr. Bakker works at De Eik too, dr. Jansen at Rijnmond; both of Bakker's roles are in care, and dr. Mol's.
    private async Task<TestClinic> OpenAsync()
    {
        var clinic = await TestClinic.OpenAsync(EmptyAsync);
        await clinic.PutAsync("Organization", "de-eik", """ "active":true,"name":"De Eik" """);
        await clinic.PutAsync("Practitioner", "dr.mol", """ "name":[{"family":"Mol"}] """);
        await RoleAsync(clinic, "bakker.eik", "dr.bakker", "de-eik");
        await RoleAsync(clinic, "mol.eik", "dr.mol", "de-eik");
        await RoleAsync(clinic, "jansen.rijnmond", "dr.jansen", "rijnmond");
        await clinic.PutAsync("Observation", "o1", $$""" "status":"final","code":{"text":"x"},"subject":{"reference":"{{Patient}}"} """, "de-linde");
        var members = string.Join(',', ((string[])["dr.bakker", "bakker.eik", "mol.eik"]).Select(id => $$"""{"member":{"reference":"PractitionerRole/{{id}}"} }"""));
        Ok(await clinic.Jansen.Post("/fhir/CareTeam", $$"""{"resourceType":"CareTeam","status":"active","subject":{"reference":"{{Patient}}"},"participant":[{{members}}]}"""), 201);
        return clinic;
    }

    private static Task RoleAsync(TestClinic clinic, string id, string? person, string organization)
    {
        var who = person is null ? "" : $$""" "practitioner":{"reference":"Practitioner/{{person}}"}, """;
        return clinic.PutAsync("PractitionerRole", id, $$""" "active":true,{{who}}"organization":{"reference":"Organization/{{organization}}"},"code":[{"coding":[{"system":"{{ClinicUrls.ClinicRole}}","code":"gp"}]}] """);
    }

    private static string Deny(TestClinic clinic, string actor, Action<JsonObject>? change = null) => Consents.For(actor, Patient, clinic.Clock.GetUtcNow(), c =>
    {
        c.Provision()["type"] = "deny";
        change?.Invoke(c);
    });

    private static async Task ChangeAsync(TestClinic clinic, string id, string json)
    {
        var consent = JsonNode.Parse(json)!.AsObject();
        consent["id"] = id;
        Ok(await clinic.Integrator.Put($"/fhir/Consent/{id}", consent.ToJsonString()));
    }

    [Fact]
    public async Task It_shuts_her_out_of_the_record_in_her_other_role_and_nobody_else_and_gives_it_back_when_it_ends()
    {
        await using var clinic = await OpenAsync();
        foreach (var who in (string[])["dr.bakker", "bakker.eik", "mol.eik"]) Ok(await clinic.As(who).Get(Record));
        var id = Ok(await clinic.Jansen.Post("/fhir/Consent", Deny(clinic, Bakker)), 201).Id;
        foreach (var (who, code) in ((string, int)[])[("dr.bakker", 404), ("bakker.eik", 404), ("mol.eik", 200), ("dr.jansen", 200)]) Assert.Equal((who, code), (who, (await clinic.As(who).Get(Record)).Code));
        await ChangeAsync(clinic, id, Deny(clinic, Bakker, c => c.Provision()["provision"] = new JsonArray(new JsonObject { ["type"] = "permit", ["actor"] = new JsonArray(Consents.Actor("PractitionerRole/bakker.eik")) })));
        foreach (var (who, code) in ((string, int)[])[("dr.bakker", 404), ("bakker.eik", 200)]) Assert.Equal((who, code), (who, (await clinic.As(who).Get(Record)).Code));
        await ChangeAsync(clinic, id, Deny(clinic, Bakker, c => c["status"] = "inactive"));
        foreach (var who in (string[])["dr.bakker", "bakker.eik"]) Ok(await clinic.As(who).Get(Record));
    }

    [Fact]
    public async Task It_shuts_her_out_of_threads_in_her_other_role()
    {
        await using var clinic = await OpenAsync();
        var (hers, others) = (await clinic.OpenThreadAsync("bakker.eik", "een"), await clinic.OpenThreadAsync("mol.eik", "een"));
        Ok(await Op.Messages(clinic.As("bakker.eik"), hers));
        Ok(await clinic.Jansen.Post("/fhir/Consent", Deny(clinic, Bakker)), 201);
        Assert.Equal(404, (await Op.Messages(clinic.As("bakker.eik"), hers)).Code);
        Ok(await Op.Messages(clinic.As("mol.eik"), others));
        Assert.Equal(403, (await Op.Open(clinic.Jansen, Patient, ["bakker.eik"])).Code);
        Ok(await Op.Open(clinic.Jansen, Patient, ["mol.eik"]), 201);
    }

    [Fact]
    public async Task At_the_practice_that_keeps_the_record_it_shuts_out_her_and_who_acts_for_her_and_she_does_not_take_it_back()
    {
        await using var clinic = await OpenAsync();
        var behalf = clinic.As("s.dewit", t => t with { OnBehalfOf = "PractitionerRole/dr.jansen" });
        Ok(await behalf.Get(Record));
        var json = Deny(clinic, "PractitionerRole/jansen.rijnmond");
        var id = Ok(await clinic.As("mol.eik").Post("/fhir/Consent", json), 201).Id;
        await RoleAsync(clinic, "jansen.rijnmond", "dr.mol", "rijnmond");
        foreach (var she in (Client[])[clinic.Jansen, behalf]) Assert.Equal(404, (await she.Get(Record)).Code);
        Ok(await clinic.DeWit.Get(Record));
        var ended = JsonNode.Parse(json)!.AsObject();
        (ended["id"], ended["status"]) = (id, "inactive");
        Assert.Equal(404, (await clinic.Jansen.Put($"/fhir/Consent/{id}", ended.ToJsonString())).Code);
    }

    [Fact]
    public async Task Whom_a_role_meant_does_not_take_the_denial_back_of_which_she_sees_enough_to_try()
    {
        await using var clinic = await OpenAsync();
        var json = Deny(clinic, "PractitionerRole/jansen.rijnmond", c => c.Provision()["class"] = new JsonArray(new JsonObject { ["system"] = "http://hl7.org/fhir/resource-types", ["code"] = "Observation" }));
        var id = Ok(await clinic.As("mol.eik").Post("/fhir/Consent", json), 201).Id;
        await RoleAsync(clinic, "jansen.rijnmond", "dr.mol", "rijnmond");
        Assert.Equal(404, (await clinic.Jansen.Get(Record)).Code);
        Ok(await clinic.Jansen.Get($"/fhir/{Patient}"));
        var ended = JsonNode.Parse(json)!.AsObject();
        (ended["id"], ended["status"]) = (id, "inactive");
        Assert.Equal(403, (await clinic.Jansen.Put($"/fhir/Consent/{id}", ended.ToJsonString())).Code);
        Assert.Equal(404, (await clinic.Jansen.Get(Record)).Code);
    }

    [Fact]
    public async Task It_means_her_still_when_the_role_is_given_to_another_or_deleted_and_the_other_in_that_role()
    {
        await using var clinic = await OpenAsync();
        var thread = await clinic.OpenThreadAsync("bakker.eik", "een");
        var id = Ok(await clinic.Jansen.Post("/fhir/Consent", Deny(clinic, Bakker)), 201).Id;
        await RoleAsync(clinic, "dr.bakker", "dr.mol", "rijnmond");
        foreach (var (who, code) in ((string, int)[])[("dr.bakker", 404), ("bakker.eik", 404), ("mol.eik", 200)]) Assert.Equal((who, code), (who, (await clinic.As(who).Get(Record)).Code));
        await RoleAsync(clinic, "dr.bakker", null, "rijnmond");
        await ChangeAsync(clinic, id, Deny(clinic, Bakker, c => c["language"] = "nl"));
        foreach (var (who, code) in ((string, int)[])[("bakker.eik", 404), ("mol.eik", 200)]) Assert.Equal((who, code), (who, (await clinic.As(who).Get(Record)).Code));
        await clinic.Integrator.Delete("/fhir/PractitionerRole/dr.bakker");
        await ChangeAsync(clinic, id, Deny(clinic, Bakker, c => c["language"] = "fr"));
        Assert.Equal(404, (await clinic.As("bakker.eik").Get(Record)).Code);
        Assert.Equal(404, (await Op.Messages(clinic.As("bakker.eik"), thread)).Code);
    }

    [Fact]
    public async Task A_role_that_is_named_before_anybody_bears_it_means_who_comes_to_bear_it()
    {
        await using var clinic = await OpenAsync();
        var thread = await clinic.OpenThreadAsync("bakker.eik", "een");
        Ok(await clinic.Integrator.Post("/fhir/Consent", Deny(clinic, "PractitionerRole/later")), 201);
        Ok(await clinic.As("bakker.eik").Get(Record));
        await RoleAsync(clinic, "later", "dr.bakker", "rijnmond");
        Assert.Equal(404, (await clinic.As("bakker.eik").Get(Record)).Code);
        Assert.Equal(404, (await Op.Messages(clinic.As("bakker.eik"), thread)).Code);
        Ok(await clinic.As("mol.eik").Get(Record));
    }

    [Fact]
    public async Task Who_is_denied_does_not_come_into_a_thread_by_being_given_the_role_of_one_who_is_in_it()
    {
        await using var clinic = await OpenAsync();
        var thread = await clinic.OpenThreadAsync("mol.eik", "een");
        Ok(await clinic.Jansen.Post("/fhir/Consent", Deny(clinic, Bakker)), 201);
        Ok(await Op.Messages(clinic.As("mol.eik"), thread));
        await RoleAsync(clinic, "mol.eik", "dr.bakker", "de-eik");
        Assert.Equal(404, (await Op.Messages(clinic.As("mol.eik"), thread)).Code);
        await RoleAsync(clinic, "mol.eik", "dr.mol", "de-eik");
        Ok(await Op.Messages(clinic.As("mol.eik"), thread));
    }

    [Fact]
    public async Task Who_declared_her_care_herself_denies_no_role_of_one_who_works_where_the_record_is_kept()
    {
        await using var clinic = await OpenAsync();
        await RoleAsync(clinic, "smit", "dr.smit", "rijnmond");
        await clinic.PutAsync("Practitioner", "dr.smit", """ "name":[{"family":"Smit"}] """);
        var smit = clinic.As("smit");
        Ok(await smit.Declare());
        Assert.Equal(403, (await smit.Post("/fhir/Consent", Deny(clinic, "PractitionerRole/jansen.rijnmond"))).Code);
        Ok(await smit.Post("/fhir/Consent", Deny(clinic, "PractitionerRole/mol.eik")), 201);
    }
}

public sealed class RoleDenialOnSqlite : RoleDenialContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.SqliteAsync(); }
public sealed class RoleDenialOnPostgres : RoleDenialContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.PostgresAsync(); }
