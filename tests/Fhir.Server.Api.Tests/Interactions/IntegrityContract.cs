using Fhir.Server.Store.Database;
using Fhir.Server.Store.Tests;

namespace Fhir.Server.Api.Tests.Interactions;

/// <summary>What a house may ask of writes by setting: referential integrity, and If-Match — https://hl7.org/fhir/R4/http.html#integrity</summary>
public abstract class IntegrityContract : IAsyncLifetime
{
    private House _house = null!;

    protected abstract Task<TenantDatabase?> DatabaseAsync();

    public async ValueTask InitializeAsync() =>
        _house = await House.OpenAsync(set: s => s with { Writes = new() { ReferentialIntegrity = true, IfMatchRequired = ["Observation"] } }, on: await DatabaseAsync());

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return _house.DisposeAsync();
    }

    private Client Jansen => _house.As("dr.jansen");
    private static string Condition(string patient) => $$$"""{"resourceType":"Condition","subject":{"reference":"Patient/{{{patient}}}"}}""";
    private static string Transaction(params string[] entries) => $$"""{"resourceType":"Bundle","type":"transaction","entry":[{{string.Join(',', entries)}}]}""";
    private static string Deletes(string url) => $$$"""{"request":{"method":"DELETE","url":"{{{url}}}"}}""";

    [Fact]
    public async Task T18_What_is_referred_to_is_not_deleted_and_only_what_the_caller_sees_is_named()
    {
        var patient = await Jansen.NewPatient();
        var condition = (await Jansen.Post("/fhir/Condition", Condition(patient))).Id;
        var refused = await Jansen.Delete($"/fhir/Patient/{patient}");
        Assert.Equal(409, refused.Code);
        Assert.Contains($"Condition/{condition}", refused.Text, StringComparison.Ordinal);
        var hidden = (await _house.As("integrator").Post("/fhir/Basic", $$$"""{"resourceType":"Basic","code":{"text":"x"},"subject":{"reference":"Patient/{{{patient}}}"},"meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"V"}]}}""")).Id;
        Assert.Equal(204, (await Jansen.Delete($"/fhir/Condition/{condition}")).Code);
        refused = await Jansen.Delete($"/fhir/Patient/{patient}");
        Assert.Equal(409, refused.Code);
        Assert.DoesNotContain(hidden, refused.Text, StringComparison.Ordinal);
        Assert.Equal(200, (await Jansen.Get($"/fhir/Patient/{patient}")).Code);
    }

    [Fact]
    public async Task T18_A_transaction_may_delete_what_refers_along_with_what_is_referred_to()
    {
        var patient = await Jansen.NewPatient();
        var condition = (await Jansen.Post("/fhir/Condition", Condition(patient))).Id;
        Assert.Equal(409, (await Jansen.Post("/fhir", Transaction(Deletes($"Patient/{patient}")))).Code);
        Assert.Equal(200, (await Jansen.Get($"/fhir/Patient/{patient}")).Code);
        Assert.Equal(200, (await Jansen.Post("/fhir", Transaction(Deletes($"Patient/{patient}"), Deletes($"Condition/{condition}")))).Code);
        Assert.Equal(410, (await Jansen.Get($"/fhir/Patient/{patient}")).Code);
    }

    [Fact]
    public async Task T18_A_reference_to_what_is_not_there_is_refused_whoever_writes_it()
    {
        foreach (var who in (string[])["integrator", "his-delinde", "dr.jansen"])
            Assert.Equal(400, (await _house.As(who).Post("/fhir/Condition", Condition("nowhere"))).Code);
    }

    [Fact]
    public async Task B6_A_delete_and_a_reference_at_once_leave_no_reference_to_nothing()
    {
        for (var round = 0; round < 10; round++)
        {
            var patient = await Jansen.NewPatient();
            var writes = Enumerable.Range(0, 4).Select(_ => _house.As("his-delinde").Post("/fhir/Condition", Condition(patient))).ToList();
            var deleted = await Jansen.Delete($"/fhir/Patient/{patient}");
            var created = (await Task.WhenAll(writes)).Count(w => w.Code == 201);
            Assert.True(deleted.Code == 204 ? created == 0 : deleted.Code == 409 && created > 0, $"{deleted.Code}, {created} created");
        }
    }

    [Fact]
    public async Task T10_Where_the_house_asks_for_If_Match_a_change_without_it_is_400()
    {
        var made = await Jansen.Post("/fhir/Observation", $$$"""{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/{{{await Jansen.NewPatient()}}}"}}""");
        var changed = made.Text.Replace("final", "amended", StringComparison.Ordinal);
        Assert.Equal(400, (await Jansen.Put($"/fhir/Observation/{made.Id}", changed)).Code);
        Assert.Equal(400, (await Jansen.Delete($"/fhir/Observation/{made.Id}")).Code);
        Assert.Equal(200, (await Jansen.Put($"/fhir/Observation/{made.Id}", changed, ("If-Match", "W/\"1\""))).Code);
        Assert.Equal(204, (await Jansen.Delete($"/fhir/Observation/{made.Id}", ("If-Match", "W/\"2\""))).Code);
        Assert.Equal(204, (await Jansen.Delete($"/fhir/Observation/{made.Id}")).Code);   // what is gone already
        var patient = await Jansen.NewPatient();
        Assert.Equal(204, (await Jansen.Delete($"/fhir/Patient/{patient}")).Code);   // of other types it is not asked
    }
}

public sealed class IntegrityOnSqlite : IntegrityContract
{
    protected override Task<TenantDatabase?> DatabaseAsync() => Task.FromResult<TenantDatabase?>(null);
}

public sealed class IntegrityOnPostgres : IntegrityContract
{
    protected override async Task<TenantDatabase?> DatabaseAsync() => await TestDatabase.PostgresAsync();
}
