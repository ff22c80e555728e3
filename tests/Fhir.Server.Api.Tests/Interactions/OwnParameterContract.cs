using System.Text.Json.Nodes;
using Fhir.Server.Api.Tests.Bulk;
using Fhir.Server.Store.Resources;
using Microsoft.Extensions.DependencyInjection;

namespace Fhir.Server.Api.Tests.Interactions;

/// <summary>Search parameters of a deployer's own, over HTTP (docs/search.md).</summary>
public abstract class OwnParameterContract(Shared shared)
{
    private const string Export = "/fhir/$export?_type=Patient&_typeFilter=Patient%3Feyes%3Dgroen";
    private static readonly (string, string) Later = ("Prefer", "respond-async");
    private const string Eyes = "http://clinic.example/eyes";

    private static string Parameter(string id, string code, string status = "active") =>
        $$"""{"resourceType":"SearchParameter","id":"{{id}}","url":"{{Eyes}}/{{id}}","name":"Eyes","description":"Eyes","status":"{{status}}","code":"{{code}}","base":["Patient"],"type":"string","expression":"Patient.extension('{{Eyes}}').value"}""";

    // What each node does twice a second.
    private async Task LookAsync()
    {
        await using var session = await shared.House.Services.GetRequiredService<Store.Database.TenantDatabase>().ReadAsync(snapshot: false, default);
        await shared.House.Services.GetRequiredService<Store.Search.ParameterNumbers>().RefreshAsync(session, default);
    }

    private async Task IndexAsync() =>
        await new Reindex(shared.House.Services.GetRequiredService<Store.Database.TenantDatabase>(), shared.House.Services.GetRequiredService<Store.Search.Indexer>()).FillOwnAsync(TimeSpan.Zero, default);

    private async Task<bool> IsListedAsync(string code) =>
        (await shared.House.As(null).Get("/fhir/metadata")).Json["rest"]![0]!["resource"]!.AsArray().Single(r => (string)r!["type"]! == "Patient")!["searchParam"]!.AsArray().Any(p => (string)p!["name"]! == code);

    [Fact]
    public async Task H4_A_parameter_of_ones_own_is_listed_when_it_works_and_finds_each_caller_her_own_patients_only()
    {
        var (jansen, bakker, integrator) = (shared.House.As("dr.jansen"), shared.House.As("dr.bakker"), shared.House.As("integrator"));
        var patient = await jansen.Post("/fhir/Patient", $$"""{"resourceType":"Patient","extension":[{"url":"{{Eyes}}","valueString":"Groen"}]}""");
        Assert.Equal(201, patient.Code);
        Assert.Equal(201, (await integrator.Put("/fhir/SearchParameter/eyes", Parameter("eyes", "eyes"))).Code);
        await LookAsync();
        var early = await jansen.Get("/fhir/Patient?eyes=groen");
        Assert.Equal(503, early.Code);
        Assert.Contains("0 % is done", early.Text, StringComparison.Ordinal);
        Assert.False(await IsListedAsync("eyes"));
        foreach (var url in (string[])[Export, "/fhir/Patient?eyes=groen"]) Assert.Equal(503, (await integrator.Get(url, Later)).Code);
        await IndexAsync();
        Assert.True(await IsListedAsync("eyes"));
        var hers = await jansen.Get("/fhir/Patient?eyes=groen");
        Assert.Equal(patient.Id, (string)Assert.Single(hers.Json["entry"]!.AsArray())!["resource"]!["id"]!);
        foreach (var query in (string[])["Patient?eyes=groen", "Patient?eyes:missing=false&_total=accurate", $"Patient?eyes=groen&_id={patient.Id}&_summary=count"])
            Assert.Equal(0, (int)(await bakker.Get($"/fhir/{query}")).Json["total"]!);
        foreach (var url in (string[])[Export, "/fhir/Patient?eyes=groen"])   // answered later, the same is found
            Assert.Equal([$"Patient/{patient.Id}"], (await integrator.Lines(await integrator.Manifest(await integrator.Get(url, Later)))).Select(BulkCalls.Key));
        Assert.Equal(200, (await integrator.Put("/fhir/SearchParameter/eyes", Parameter("eyes", "eyes", "retired"))).Code);
        await LookAsync();
        foreach (var url in (string[])[Export, "/fhir/Patient?eyes=groen"]) Assert.Equal(400, (await integrator.Get(url, Later)).Code);
        Assert.Equal(400, (await jansen.Get("/fhir/Patient?eyes=groen", ("Prefer", "handling=strict"))).Code);
        Assert.False(await IsListedAsync("eyes"));
    }

    [Fact]
    public async Task Only_who_writes_definitions_makes_one_and_a_code_of_R4_is_not_taken()
    {
        foreach (var user in (string[])["dr.jansen", "his-delinde", "privacy"])
            Assert.Equal(403, (await shared.House.As(user).Post("/fhir/SearchParameter", Parameter("x", "colour"))).Code);
        Assert.Equal(409, (await shared.House.As("integrator").Post("/fhir/SearchParameter", Parameter("x", "family"))).Code);
        Assert.Equal(201, (await shared.House.As("admin").Post("/fhir/SearchParameter", Parameter("x", "colour"))).Code);
    }
}

public sealed class OwnParametersOnSqlite(Shared shared) : OwnParameterContract(shared), IClassFixture<Shared>;
public sealed class OwnParametersOnPostgres(SharedOnPostgres shared) : OwnParameterContract(shared), IClassFixture<SharedOnPostgres>;
