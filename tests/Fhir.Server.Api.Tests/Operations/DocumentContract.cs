using Fhir.Server.Store.Database;
using Fhir.Server.Store.Search;
using Fhir.Server.Store.Tests;
using Microsoft.Extensions.DependencyInjection;

namespace Fhir.Server.Api.Tests.Operations;

/// <summary>$document — https://hl7.org/fhir/R4/composition-operation-document.html</summary>
public abstract class DocumentContract : IAsyncLifetime
{
    private const string Base = "https://samen.example/fhir", Confidentiality = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
    private House _house = null!;
    private string _patient = null!;

    protected abstract Task<TenantDatabase?> DatabaseAsync();

    public async ValueTask InitializeAsync()
    {
        _house = await House.OpenAsync(on: await DatabaseAsync(), set: s => s with { BaseUrl = Base }, add: s => s.AddSingleton(new ServerBases(Base)));
        _patient = await Jansen.NewPatient();
    }

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return _house.DisposeAsync();
    }

    private Client Jansen => _house.As("dr.jansen");

    private static async Task<string> New(Client by, string type, string content)
    {
        var made = await by.Post($"/fhir/{type}", $$"""{"resourceType":"{{type}}",{{content}}}""");
        Assert.True(made.Code == 201, made.Text);
        return $"{type}/{made.Id}";
    }

    private static Task<string> Observation(Client by, string patient, string more = "") =>
        New(by, "Observation", $$""" "status":"final","code":{"text":"x"},"subject":{"reference":"Patient/{{patient}}"}{{more}} """);

    private Task<string> Composition(string entries, string? by = null, string? more = null) => New(_house.As(by ?? "dr.jansen"), "Composition",
        $$""" "status":"final","type":{"text":"Brief"},"subject":{"reference":"Patient/{{_patient}}"},"date":"2026-03-01","author":[{"reference":"PractitionerRole/dr.jansen"}],"title":"Brief"{{more}},"section":[{"title":"Een","entry":[{{entries}}]}] """);

    private static string Refer(params string[] to) => string.Join(',', to.Select(one => $$"""{"reference":"{{one}}"}"""));

    private static string[] Keys(Got got)
    {
        Assert.True(got.Code is 200 or 201, got.Text);
        return [.. got.Json["entry"]!.AsArray().Select(e => ((string)e!["fullUrl"]!)[(Base.Length + 1)..])];
    }

    [Fact]
    public async Task A_document_is_the_Composition_and_all_that_it_refers_to_each_once()
    {
        var (one, two) = (await Observation(Jansen, _patient), await Observation(Jansen, _patient));
        var letter = await Composition(Refer(one, two, one, $"{Base}/{two}", "http://other.example/fhir/Observation/1", "#inside"), more: ""","contained":[{"resourceType":"Basic","id":"inside","code":{"text":"x"}}],"attester":[{"mode":"legal","party":{"reference":"PractitionerRole/dr.jansen"}}]""");
        foreach (var got in new[] { await Jansen.Get($"/fhir/{letter}/$document"), await Jansen.Post($"/fhir/{letter}/$document", """{"resourceType":"Parameters"}""") })
        {
            Assert.Equal(letter, Keys(got)[0]);
            Assert.Equal(new[] { letter, $"Patient/{_patient}", "PractitionerRole/dr.jansen", one, two }.Order(StringComparer.Ordinal), Keys(got).Order(StringComparer.Ordinal));
            Assert.Equal(("document", "urn:ietf:rfc:3986"), ((string)got.Json["type"]!, (string)got.Json["identifier"]!["system"]!));
            Assert.StartsWith("urn:uuid:", (string)got.Json["identifier"]!["value"]!, StringComparison.Ordinal);
            Assert.NotNull(got.Json["timestamp"]);
        }
        Assert.Equal(0, (int)(await Jansen.Get("/fhir/Bundle?_summary=count")).Json["total"]!);
        var valid = await Jansen.Post("/fhir/Bundle/$validate", (await Jansen.Get($"/fhir/{letter}/$document")).Text);
        Assert.DoesNotContain("\"error\"", valid.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_version_that_the_Composition_names_is_in_it_as_it_was()
    {
        var one = await Observation(Jansen, _patient);
        Assert.Equal(200, (await Jansen.Put($"/fhir/{one}", $$"""{"resourceType":"Observation","id":"{{one.Split('/')[1]}}","status":"amended","code":{"text":"x"},"subject":{"reference":"Patient/{{_patient}}"} }""")).Code);
        var letter = await Composition(Refer($"{one}/_history/1"));
        var told = (await Jansen.Get($"/fhir/{letter}/$document")).Json["entry"]!.AsArray().Select(e => e!["resource"]!).Single(r => (string)r["resourceType"]! == "Observation");
        Assert.Equal(("1", "final"), ((string)told["meta"]!["versionId"]!, (string)told["status"]!));
    }

    [Fact]
    public async Task H4_What_is_hidden_is_left_out_like_what_is_missing_and_deleted()
    {
        var (shown, hidden, gone) = (await Observation(Jansen, _patient), await Observation(Jansen, _patient, $$""","meta":{"security":[{"system":"{{Confidentiality}}","code":"V"}]}"""), await Observation(Jansen, _patient));
        await Clinic.HireAsync(_house.As("integrator"), "a.assistant", "assistant", "de-linde");
        var letter = await Composition(Refer(shown, hidden, gone, "Observation/nobody"), by: "integrator");
        await _house.As("integrator").Put($"/fhir/{letter}", (await _house.As("integrator").Get($"/fhir/{letter}")).Text, ("X-Home-Organization", "Organization/de-linde"));
        Assert.Equal(204, (await Jansen.Delete($"/fhir/{gone}")).Code);
        var assistant = _house.As("a.assistant");
        Assert.Equal(new[] { letter, $"Patient/{_patient}", "PractitionerRole/dr.jansen", shown }.Order(StringComparer.Ordinal), Keys(await assistant.Get($"/fhir/{letter}/$document")).Order(StringComparer.Ordinal));
        Assert.Contains(hidden, Keys(await Jansen.Get($"/fhir/{letter}/$document")));
        Assert.Equal([letter], Keys(await _house.As("dr.jansen", "user/Composition.rs").Get($"/fhir/{letter}/$document")));
        var (unseen, absent) = (await _house.As("dr.bakker").Get($"/fhir/{letter}/$document"), await _house.As("dr.bakker").Get("/fhir/Composition/nobody/$document"));
        Assert.Equal((404, absent.Text), (unseen.Code, unseen.Text));
        Assert.Equal(403, (await _house.As("dr.jansen", "user/Observation.rs").Get($"/fhir/{letter}/$document")).Code);
    }

    [Fact]
    public async Task T124_Persist_is_a_create_by_POST_with_a_right_of_its_own()
    {
        var letter = await Composition(Refer(await Observation(Jansen, _patient)));
        Assert.Equal(400, (await Jansen.Get($"/fhir/{letter}/$document?persist=true")).Code);
        Assert.Equal(403, (await _house.As("dr.jansen", "user/*.rs").Send("POST", $"/fhir/{letter}/$document?persist=true", null)).Code);
        Assert.Equal(400, (await Jansen.Get($"/fhir/{letter}/$document?graph=x")).Code);
        Assert.Equal(0, (int)(await Jansen.Get("/fhir/Bundle?_summary=count")).Json["total"]!);
        var kept = await Jansen.Post($"/fhir/{letter}/$document", """{"resourceType":"Parameters","parameter":[{"name":"persist","valueBoolean":true}]}""");
        Assert.Equal(201, kept.Code);
        Assert.Equal(kept.Text, (await Jansen.Get($"/fhir/Bundle/{kept.Id}")).Text);
        Assert.Equal($"{Base}/Bundle/{kept.Id}/_history/1", kept.Headers.Location!.ToString());
        Assert.Equal(3, Keys(kept).Length - 1);
        Assert.Equal(404, (await _house.As("dr.bakker").Get($"/fhir/Bundle/{kept.Id}")).Code);
    }

    [Fact]
    public async Task H5_A_kept_document_is_as_sensitive_as_its_parts_and_about_no_other_patient()
    {
        var sensitive = await Observation(Jansen, _patient, $$""","meta":{"security":[{"system":"{{Confidentiality}}","code":"V"}]}""");
        var letter = await Composition(Refer(sensitive));
        var kept = await Jansen.Send("POST", $"/fhir/{letter}/$document?persist=true", null);
        Assert.Equal("V", (string)kept.Json["meta"]!["security"]![0]!["code"]!);
        await Clinic.HireAsync(_house.As("integrator"), "a.assistant", "assistant", "de-linde");
        Assert.Equal(404, (await _house.As("a.assistant").Get($"/fhir/Bundle/{kept.Id}")).Code);
        var other = await Observation(Jansen, await Jansen.NewPatient("Ander"));
        var mixed = await Composition(Refer(other));
        Assert.Contains(other, Keys(await Jansen.Get($"/fhir/{mixed}/$document")));
        Assert.Equal(422, (await Jansen.Send("POST", $"/fhir/{mixed}/$document?persist=true", null)).Code);
    }

    [Fact]
    public async Task J1_All_that_left_in_a_document_is_in_the_log()
    {
        var one = await Observation(Jansen, _patient);
        var letter = await Composition(Refer(one));
        foreach (var method in (string[])["GET", "POST"])
            await Jansen.Send(method, $"/fhir/{letter}/$document{(method == "POST" ? "?persist=true" : "")}", null, ("X-Request-Id", $"doc-{method}"));
        var log = (await _house.As("privacy").Get($"/fhir/AuditEvent?patient=Patient/{_patient}&_count=50")).Json["entry"]!.AsArray().Select(e => e!["resource"]!.ToJsonString()).ToList();
        Assert.Contains(one, Assert.Single(log, e => e.Contains("doc-GET", StringComparison.Ordinal)), StringComparison.Ordinal);
        var kept = log.Where(e => e.Contains("doc-POST", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, kept.Count);   // the create, and what was read for it
        Assert.Single(kept, e => e.Contains(one, StringComparison.Ordinal));
    }
}

public sealed class DocumentOnSqlite : DocumentContract
{
    protected override Task<TenantDatabase?> DatabaseAsync() => Task.FromResult<TenantDatabase?>(null);
}

public sealed class DocumentOnPostgres : DocumentContract
{
    protected override async Task<TenantDatabase?> DatabaseAsync() => await TestDatabase.PostgresAsync();
}
