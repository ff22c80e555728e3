using Fhir.Server.Store.Database;
using Fhir.Server.Store.Tests;

namespace Fhir.Server.Api.Tests.Operations;

/// <summary>$meta, $meta-add and $meta-delete — https://hl7.org/fhir/R4/resource-operation-meta.html</summary>
public abstract class MetaContract : IAsyncLifetime
{
    private const string Label = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
    private House _house = null!;

    protected abstract Task<TenantDatabase?> DatabaseAsync();

    public async ValueTask InitializeAsync() => _house = await House.OpenAsync(on: await DatabaseAsync());

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return _house.DisposeAsync();
    }

    private Client Jansen => _house.As("dr.jansen");
    private static string Tag(string code) => $$"""{"tag":[{"system":"urn:t","code":"{{code}}"}]}""";
    private static string Security(string code) => $$"""{"security":[{"system":"{{Label}}","code":"{{code}}"}]}""";
    private static string With(string meta) => $$"""{"resourceType":"Parameters","parameter":[{"name":"meta","valueMeta":{{meta}}}]}""";

    private static string[] Codes(Got got, string part) =>
        [.. (got.Json["parameter"]?[0]!["valueMeta"]![part]?.AsArray() ?? []).Select(c => (string)c!["code"]!).Order(StringComparer.Ordinal)];

    [Fact]
    public async Task T127_Meta_add_and_meta_delete_make_a_version_that_differs_in_its_meta_only()
    {
        var id = await Jansen.NewPatient();
        var before = await Jansen.Get($"/fhir/Patient/{id}");
        var added = await Jansen.Post($"/fhir/Patient/{id}/$meta-add", With(Tag("a")));
        Assert.Equal(200, added.Code);
        Assert.Equal(["a"], Codes(added, "tag"));
        Assert.Equal("W/\"2\"", added.ETag);
        Assert.Equal("2", (string?)added.Json["parameter"]![0]!["valueMeta"]!["versionId"]);
        Assert.Equal(["a", "b"], Codes(await Jansen.Post($"/fhir/Patient/{id}/$meta-add", With(Tag("b"))), "tag"));
        Assert.Equal(["a", "b"], Codes(await Jansen.Get($"/fhir/Patient/{id}/$meta"), "tag"));
        Assert.Equal(1, (int?)(await Jansen.Get($"/fhir/Patient?_tag=urn:t|a&_id={id}")).Json["total"]);
        Assert.Equal(["b"], Codes(await Jansen.Post($"/fhir/Patient/{id}/$meta-delete", With(Tag("a"))), "tag"));
        var after = (await Jansen.Get($"/fhir/Patient/{id}")).Json;
        Assert.Equal("4", (string?)after["meta"]!["versionId"]);
        var plain = before.Json;
        plain.AsObject().Remove("meta");
        after.AsObject().Remove("meta");
        Assert.Equal(plain.ToJsonString(), after.ToJsonString());
    }

    [Fact]
    public async Task T127_What_is_there_already_and_what_is_not_there_changes_nothing()
    {
        var id = await Jansen.NewPatient();
        await Jansen.Post($"/fhir/Patient/{id}/$meta-add", With(Tag("a")));
        Assert.Equal("W/\"2\"", (await Jansen.Post($"/fhir/Patient/{id}/$meta-add", With(Tag("a")))).ETag);
        Assert.Equal("W/\"2\"", (await Jansen.Post($"/fhir/Patient/{id}/$meta-delete", With(Tag("b")))).ETag);
    }

    [Fact]
    public async Task T127_A_stale_If_Match_is_412_and_changes_nothing()
    {
        var id = await Jansen.NewPatient();
        Assert.Equal(412, (await Jansen.Post($"/fhir/Patient/{id}/$meta-add", With(Tag("a")), ("If-Match", "W/\"7\""))).Code);
        Assert.Empty(Codes(await Jansen.Get($"/fhir/Patient/{id}/$meta"), "tag"));
        Assert.Equal(200, (await Jansen.Post($"/fhir/Patient/{id}/$meta-add", With(Tag("a")), ("If-Match", "W/\"1\""))).Code);
    }

    [Fact]
    public async Task T127_Without_a_meta_it_is_400_and_of_what_is_not_there_404_and_of_what_is_gone_410()
    {
        var id = await Jansen.NewPatient();
        Assert.Equal(400, (await Jansen.Post($"/fhir/Patient/{id}/$meta-add", """{"resourceType":"Parameters"}""")).Code);
        Assert.Equal(404, (await Jansen.Post("/fhir/Patient/nobody/$meta-add", With(Tag("a")))).Code);
        Assert.Equal(404, (await Jansen.Get("/fhir/Patient/nobody/$meta")).Code);
        await Jansen.Delete($"/fhir/Patient/{id}");
        Assert.Equal(410, (await Jansen.Post($"/fhir/Patient/{id}/$meta-add", With(Tag("a")))).Code);
        Assert.Equal(410, (await Jansen.Get($"/fhir/Patient/{id}/$meta")).Code);
    }

    [Fact]
    public async Task J_A_stranger_changes_no_meta_and_sees_none()
    {
        var id = await Jansen.NewPatient();
        await Jansen.Post($"/fhir/Patient/{id}/$meta-add", With(Tag("hers")));
        var bakker = _house.As("dr.bakker");
        Assert.Equal(404, (await bakker.Get($"/fhir/Patient/{id}/$meta")).Code);
        Assert.Equal(404, (await bakker.Post($"/fhir/Patient/{id}/$meta-add", With(Tag("his")))).Code);
        Assert.Empty(Codes(await bakker.Get("/fhir/Patient/$meta"), "tag"));
        Assert.Empty(Codes(await bakker.Get("/fhir/$meta"), "tag"));
        Assert.Equal(["hers"], Codes(await Jansen.Get("/fhir/Patient/$meta"), "tag"));
        Assert.Equal(["hers"], Codes(await Jansen.Get("/fhir/$meta"), "tag"));
    }

    [Fact]
    public async Task H_Nobody_takes_a_label_away_that_she_may_not_take_away_by_an_update()
    {
        await Clinic.HireAsync(_house.As("integrator"), "n.nurse", "practice-nurse", "de-linde");
        var id = await Jansen.NewPatient();
        Assert.Equal(200, (await Jansen.Post($"/fhir/Patient/{id}/$meta-add", With(Security("R")))).Code);
        var nurse = _house.As("n.nurse");
        Assert.Equal(200, (await nurse.Get($"/fhir/Patient/{id}/$meta")).Code);
        Assert.Equal(403, (await nurse.Post($"/fhir/Patient/{id}/$meta-delete", With(Security("R")))).Code);
        Assert.Equal(["R"], Codes(await Jansen.Get($"/fhir/Patient/{id}/$meta"), "security"));
        Assert.Equal(200, (await Jansen.Post($"/fhir/Patient/{id}/$meta-add", With(Security("V")))).Code);
        Assert.Equal(404, (await nurse.Get($"/fhir/Patient/{id}/$meta")).Code);
        Assert.Equal(404, (await nurse.Post($"/fhir/Patient/{id}/$meta-delete", With(Security("V")))).Code);
        Assert.Equal(200, (await Jansen.Post($"/fhir/Patient/{id}/$meta-delete", With(Security("V")))).Code);
    }

    [Fact]
    public async Task G_Changing_meta_needs_the_scopes_for_reading_and_for_updating()
    {
        var id = await Jansen.NewPatient();
        foreach (var scope in (string[])["user/Patient.rs", "user/Patient.u"])
            Assert.Equal(403, (await _house.As("dr.jansen", scope).Post($"/fhir/Patient/{id}/$meta-add", With(Tag("a")))).Code);
        Assert.Equal(200, (await _house.As("dr.jansen", "user/Patient.ru").Post($"/fhir/Patient/{id}/$meta-add", With(Tag("a")))).Code);
    }
}

public sealed class MetaOnSqlite : MetaContract
{
    protected override Task<TenantDatabase?> DatabaseAsync() => Task.FromResult<TenantDatabase?>(null);
}

public sealed class MetaOnPostgres : MetaContract
{
    protected override async Task<TenantDatabase?> DatabaseAsync() => await TestDatabase.PostgresAsync();
}
