using Fhir.Server.Store.Database;
using Fhir.Server.Store.Tests;

namespace Fhir.Server.Api.Tests.Interactions;

/// <summary>_summary and _elements where one resource or a history is read, and operations that are not there.</summary>
public abstract class SubsetContract : IAsyncLifetime
{
    private House _house = null!;

    protected abstract Task<TenantDatabase?> DatabaseAsync();

    public async ValueTask InitializeAsync() => _house = await House.OpenAsync(on: await DatabaseAsync());

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return _house.DisposeAsync();
    }

    private Client Jansen => _house.As("dr.jansen");

    [Fact]
    public async Task T103_A_read_a_vread_and_a_history_are_told_in_part_and_say_so()
    {
        var id = await Jansen.NewPatient("Peeters");
        foreach (var address in (string[])[$"/fhir/Patient/{id}", $"/fhir/Patient/{id}/_history/1"])
        {
            var part = (await Jansen.Get($"{address}?_elements=birthDate")).Json;
            Assert.Equal("1980-05-01", (string?)part["birthDate"]);
            Assert.Null(part["name"]);
            Assert.Equal("SUBSETTED", (string?)part["meta"]!["tag"]![0]!["code"]);
            Assert.NotNull((await Jansen.Get($"{address}?_summary=true")).Json["name"]);
            Assert.Null((await Jansen.Get($"{address}?_summary=text")).Json["name"]);
            Assert.Null((await Jansen.Get($"{address}?_summary=false")).Json["meta"]!["tag"]);
            Assert.Equal(400, (await Jansen.Get($"{address}?_summary=count")).Code);
            Assert.Equal(400, (await Jansen.Get($"{address}?_summary=most")).Code);
        }
        var history = (await Jansen.Get($"/fhir/Patient/{id}/_history?_elements=birthDate")).Json;
        Assert.Null(history["entry"]![0]!["resource"]!["name"]);
        Assert.Equal("SUBSETTED", (string?)history["entry"]![0]!["resource"]!["meta"]!["tag"]![0]!["code"]);
        Assert.Contains("_elements=birthDate", (string)history["link"]![0]!["url"]!, StringComparison.Ordinal);
        var entry = (await Jansen.Post("/fhir", $$$"""{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"GET","url":"Patient/{{{id}}}?_elements=birthDate"}}]}""")).Json["entry"]![0]!["resource"]!;
        Assert.Null(entry["name"]);
    }

    [Fact]
    public async Task T27_Metadata_is_told_in_part_too()
    {
        var part = (await _house.As(null).Get("/fhir/metadata?_elements=fhirVersion")).Json;
        Assert.Equal("4.0.1", (string?)part["fhirVersion"]);
        Assert.Null(part["rest"]);
        Assert.Equal("SUBSETTED", (string?)part["meta"]!["tag"]![0]!["code"]);
        Assert.NotNull((await _house.As(null).Get("/fhir/metadata?_summary=data")).Json["rest"]);
        Assert.Equal(400, (await _house.As(null).Get("/fhir/metadata?_summary=most")).Code);
    }

    [Fact]
    public async Task T124_An_operation_that_is_not_there_is_404_and_said_to_be_no_operation()
    {
        var id = await Jansen.NewPatient();
        foreach (var path in (string[])["/fhir/$nonesuch", "/fhir/Patient/$nonesuch", $"/fhir/Patient/{id}/$nonesuch", "/fhir/Nonesuch/$nonesuch"])
            foreach (var method in (string[])["GET", "POST"])
            {
                var got = await Jansen.Send(method, path, method == "POST" ? """{"resourceType":"Parameters"}""" : null);
                Assert.Equal(404, got.Code);
                Assert.Equal("not-supported", (string?)got.Json["issue"]![0]!["code"]);
                Assert.Contains("no such operation", got.Text, StringComparison.Ordinal);
            }
    }

    [Fact]
    public async Task T124_What_changes_something_is_not_called_by_GET()
    {
        var id = await Jansen.NewPatient();
        var got = await Jansen.Get($"/fhir/Patient/{id}/$meta-add");
        Assert.Equal(405, got.Code);
        Assert.Equal("OperationOutcome", (string?)got.Json["resourceType"]);
        Assert.Equal(["POST"], got.Content.Allow);
        Assert.Equal(200, (await Jansen.Get($"/fhir/Patient/{id}/$meta")).Code);
    }
}

public sealed class SubsetOnSqlite : SubsetContract
{
    protected override Task<TenantDatabase?> DatabaseAsync() => Task.FromResult<TenantDatabase?>(null);
}

public sealed class SubsetOnPostgres : SubsetContract
{
    protected override async Task<TenantDatabase?> DatabaseAsync() => await TestDatabase.PostgresAsync();
}
