using Fhir.Messaging.Tests.Clinic;
using Fhir.Server.Api.Tests;
using Fhir.Server.Api.Tests.Bulk;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Tests;
using static Fhir.Messaging.Tests.Clinic.TestClinic;

namespace Fhir.Messaging.Tests.AccessTests;

/// <summary>An export takes what a search would find, and a file what a read would show when it is fetched.</summary>
public abstract class ExportLeakContract
{
    protected abstract Task<TenantDatabase> EmptyAsync();

    [Fact]
    public async Task H4_An_export_holds_what_a_search_finds_for_each_role()
    {
        await using var world = await World.OpenAsync(EmptyAsync, LeakListContract.Stage.Facts());
        foreach (var who in (Somebody[])[MadeUpClinic.Gp, MadeUpClinic.Specialist, MadeUpClinic.Assistant])
        {
            var client = new Client(world.Clinic.Url, world.TokenOf(who));
            foreach (var type in (string[])["Patient", "Observation", "Encounter", "Consent", "Communication"])
            {
                var found = (await client.Get($"/fhir/{type}?_count=500")).Json["entry"]?.AsArray().Where(e => (string?)e!["search"]!["mode"] == "match").Select(e => $"{type}/{e!["resource"]!["id"]}").Order(StringComparer.Ordinal) ?? Enumerable.Empty<string>();
                var exported = await client.Keys($"/fhir/Patient/$export?_type={type}");
                Assert.True(type is "Communication" or "Consent" ? !exported.Except(found).Any() : found.SequenceEqual(exported), $"{who.Role} {type}: {string.Join(' ', exported)} instead of {string.Join(' ', found)}");
            }
        }
    }

    [Fact]
    public async Task H4_Whom_a_patient_denies_after_the_kick_off_gets_nothing_of_him_in_the_file()
    {
        await using var clinic = await TestClinic.OpenAsync(EmptyAsync);
        var made = Ok(await clinic.Jansen.Post("/fhir/Observation", $$"""{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"{{Patient}}"} }"""), 201);
        var manifest = await clinic.Jansen.Export("/fhir/Patient/$export?_type=Patient,Observation");
        Assert.Contains($"Observation/{made.Id}", (await clinic.Jansen.Lines(manifest)).Select(BulkCalls.Key));
        Ok(await clinic.Integrator.Put("/fhir/Consent/no", Consents.For("PractitionerRole/dr.jansen", Patient, clinic.Clock.GetUtcNow(), c => (c["id"], c.Provision()["type"]) = ("no", "deny"))), 201);
        clinic.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(["Patient/p2"], (await clinic.Jansen.Lines(manifest)).Select(BulkCalls.Key));
    }

    [Fact]
    public async Task H4_What_is_about_somebody_else_by_now_is_judged_as_it_is_now()
    {
        await using var clinic = await TestClinic.OpenAsync(EmptyAsync);
        string About(string patient, string id = "") => $$"""{"resourceType":"Observation",{{id}}"status":"final","code":{"text":"x"},"subject":{"reference":"{{patient}}"} }""";
        var made = Ok(await clinic.Jansen.Post("/fhir/Observation", About(Patient)), 201);
        var manifest = await clinic.Jansen.Export("/fhir/Patient/$export?_type=Observation");
        Ok(await clinic.Integrator.Put("/fhir/Consent/no", Consents.For("PractitionerRole/dr.jansen", "Patient/p2", clinic.Clock.GetUtcNow(), c => (c["id"], c.Provision()["type"]) = ("no", "deny"))), 201);
        clinic.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal([$"Observation/{made.Id}"], (await clinic.Jansen.Lines(manifest)).Select(BulkCalls.Key));
        Ok(await clinic.Integrator.Put($"/fhir/Observation/{made.Id}", About("Patient/p2", $"\"id\":\"{made.Id}\",")));
        Assert.Empty(await clinic.Jansen.Lines(manifest));
    }
}

public sealed class ExportLeakOnSqlite : ExportLeakContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.SqliteAsync(); }
public sealed class ExportLeakOnPostgres : ExportLeakContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.PostgresAsync(); }
