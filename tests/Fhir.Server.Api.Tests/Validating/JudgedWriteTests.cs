using System.Diagnostics.Metrics;
using System.Text.Json.Nodes;
using Fhir.Server.Api.Validating;

namespace Fhir.Server.Api.Tests.Validating;

/// <summary>What becomes of a resource whose structure is well and that breaks a rule, by setting.</summary>
public sealed class JudgedWriteTests
{
    private const string Contact = "\"contact\":[{\"gender\":\"male\"}]";
    private const string Unknown = "\"meta\":{\"profile\":[\"http://example.org/fhir/StructureDefinition/nobody\"]}";
    private static readonly (string, string) TellMe = ("Prefer", "return=OperationOutcome");

    [Fact]
    public async Task Enforced_rules_refuse_with_422_and_nothing_is_stored()
    {
        await using var house = await OpenAsync(Strictness.Enforce, Strictness.Off);
        var jansen = house.As("dr.jansen");
        var got = await jansen.Post("/fhir/Patient", Patient("Vos", Contact));
        Assert.Equal(422, got.Code);
        Assert.Contains("Patient.contact[0]", got.Places);
        Assert.Equal(("error", "invariant", "pat-1"), Issue(got, "Patient.contact[0]"));
        Assert.Equal(0, await CountAsync(jansen, "Vos"));
        Assert.Equal(201, (await jansen.Post("/fhir/Patient", Patient("Vos", Unknown))).Code);
    }

    [Fact]
    public async Task An_update_that_breaks_an_enforced_rule_changes_nothing()
    {
        await using var house = await OpenAsync(Strictness.Enforce, Strictness.Enforce);
        var jansen = house.As("dr.jansen");
        var id = (await jansen.Post("/fhir/Patient", Patient("Vos"))).Id;
        Assert.Equal(422, (await jansen.Put($"/fhir/Patient/{id}", Patient("Beer", $"\"id\":\"{id}\",{Contact}"))).Code);
        Assert.Equal("W/\"1\"", (await jansen.Get($"/fhir/Patient/{id}")).ETag);
    }

    [Fact]
    public async Task Warned_of_is_stored_and_told_to_who_asks()
    {
        await using var house = await OpenAsync(Strictness.Warn, Strictness.Warn);
        var jansen = house.As("dr.jansen");
        var told = await jansen.Post("/fhir/Patient", Patient("Vos", $"{Contact},{Unknown}"), TellMe);
        Assert.Equal(201, told.Code);
        Assert.Equal(("warning", "invariant", "pat-1"), Issue(told, "Patient.contact[0]"));
        Assert.Equal(("warning", "not-found", null), Issue(told, "Patient.meta.profile[0]"));
        Assert.Equal(201, (await jansen.Post("/fhir/Patient", Patient("Vos", Contact))).Code);
        Assert.Equal(2, await CountAsync(jansen, "Vos"));
        Assert.Contains(house.Log.All, line => line.Contains("a Patient is stored that breaks", StringComparison.Ordinal) && line.Contains("pat-1", StringComparison.Ordinal));
        Assert.DoesNotContain(house.Log.All, line => line.Contains("Vos", StringComparison.Ordinal) || line.Contains("nobody", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Warnings_are_the_default()
    {
        await using var house = await House.OpenAsync();
        Assert.Equal(("warning", "invariant", "pat-1"), Issue(await house.As("dr.jansen").Post("/fhir/Patient", Patient("Vos", Contact), TellMe), "Patient.contact[0]"));
    }

    [Fact]
    public async Task Off_means_that_nobody_looks()
    {
        await using var house = await OpenAsync(Strictness.Off, Strictness.Off);
        var told = await house.As("dr.jansen").Post("/fhir/Patient", Patient("Vos", $"{Contact},{Unknown}"), TellMe);
        Assert.Equal((201, "All went well."), (told.Code, (string?)told.Json["issue"]![0]!["diagnostics"]));
    }

    [Fact]
    public async Task The_structure_and_required_codes_are_checked_whatever_is_set()
    {
        await using var house = await OpenAsync(Strictness.Off, Strictness.Off);
        Assert.Contains("Patient.gender", (await house.As("dr.jansen").Post("/fhir/Patient", Patient("Vos", "\"gender\":\"Female\""))).Places);
    }

    [Fact]
    public async Task A_profile_that_is_not_loaded_is_refused_where_profiles_are_enforced()
    {
        await using var house = await OpenAsync(Strictness.Warn, Strictness.Enforce);
        var jansen = house.As("dr.jansen");
        var got = await jansen.Post("/fhir/Patient", Patient("Vos", Unknown));
        Assert.Equal(422, got.Code);
        Assert.Equal(("error", "not-found", null), Issue(got, "Patient.meta.profile[0]"));
        Assert.Equal(("warning", "invariant", "pat-1"), Issue(await jansen.Post("/fhir/Patient", Patient("Vos", Contact), TellMe), "Patient.contact[0]"));
    }

    [Fact]
    public async Task An_import_has_settings_of_its_own()
    {
        (string, string) forDeLinde = ("X-Home-Organization", "Organization/de-linde");
        await using var house = await OpenAsync(Strictness.Enforce, Strictness.Enforce);
        Assert.Equal(201, (await house.As("integrator").Post("/fhir/Patient", Patient("Vos", Contact), forDeLinde)).Code);
        Assert.Equal(422, (await house.As("integrator").Post("/fhir/Patient", Patient("Vos", Contact))).Code);
        Assert.Equal(422, (await house.As("dr.jansen").Post("/fhir/Patient", Patient("Vos", Contact), forDeLinde)).Code);   // only who sees the whole tenant imports
        await using var strict = await House.OpenAsync(set: s => s with { Validation = new() { Import = new(Strictness.Enforce, Strictness.Off) } });
        Assert.Equal(422, (await strict.As("integrator").Post("/fhir/Patient", Patient("Vos", Contact), forDeLinde)).Code);
    }

    [Fact]
    public async Task A_transaction_is_refused_as_a_whole_and_names_the_entries()
    {
        await using var house = await OpenAsync(Strictness.Enforce, Strictness.Warn);
        var jansen = house.As("dr.jansen");
        var got = await jansen.Post("/fhir", Bundle("transaction", Patient("Vos"), Patient("Vos", Contact), Patient("Vos"), Patient("Vos", Contact)));
        Assert.Equal(422, got.Code);
        Assert.Equal(["Bundle.entry[1].resource.contact[0]", "Bundle.entry[3].resource.contact[0]"], got.Places.Where(p => p.Contains("contact", StringComparison.Ordinal)));
        Assert.Equal(0, await CountAsync(jansen, "Vos"));
    }

    [Fact]
    public async Task A_Bundle_in_a_transaction_has_places_of_its_own()
    {
        await using var house = await OpenAsync(Strictness.Enforce, Strictness.Warn);
        var inner = $$"""{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:uuid:6f0e4a5e-9d0c-4f1f-8f9f-2b110d5f8f5e","resource":{{Patient("Vos", Contact)}} }]}""";
        var got = await house.As("dr.jansen").Post("/fhir", Bundle("transaction", inner).Replace("\"url\":\"Patient\"", "\"url\":\"Bundle\"", StringComparison.Ordinal));
        Assert.Contains("Bundle.entry[0].resource.entry[0].resource.contact[0]", got.Places);
    }

    [Fact]
    public async Task In_a_batch_each_entry_is_judged_by_itself()
    {
        await using var house = await OpenAsync(Strictness.Enforce, Strictness.Warn);
        var jansen = house.As("dr.jansen");
        var entries = (await jansen.Post("/fhir", Bundle("batch", Patient("Vos", Unknown), Patient("Vos", Contact)), TellMe)).Json["entry"]!.AsArray();
        Assert.StartsWith("201", (string)entries[0]!["response"]!["status"]!, StringComparison.Ordinal);
        Assert.Contains("Bundle.entry[0].resource.meta.profile[0]", Places(entries[0]!["response"]!["outcome"]!));
        Assert.StartsWith("422", (string)entries[1]!["response"]!["status"]!, StringComparison.Ordinal);
        Assert.Contains("Bundle.entry[1].resource.contact[0]", Places(entries[1]!["response"]!["outcome"]!));
    }

    [Fact]
    public async Task Issues_are_counted_by_rule_and_never_by_value()
    {
        var counted = new List<string>();
        using var listener = new MeterListener { InstrumentPublished = (instrument, l) => { if (instrument.Name == "samenspraak.validation.issues") l.EnableMeasurementEvents(instrument); } };
        listener.SetMeasurementEventCallback<long>((_, n, tags, _) => { lock (counted) counted.Add($"{n} {string.Join(' ', tags.ToArray().Select(t => $"{t.Key}={t.Value}"))}"); });
        listener.Start();
        await using var house = await OpenAsync(Strictness.Warn, Strictness.Warn);
        await house.As("dr.jansen").Post("/fhir/Patient", Patient("Zoutman", Contact));
        lock (counted)
        {
            Assert.Contains("1 rule=pat-1 severity=error outcome=stored", counted);
            Assert.DoesNotContain(counted, c => c.Contains("Zoutman", StringComparison.Ordinal));
        }
    }

    private static Task<House> OpenAsync(Strictness rules, Strictness profiles) =>
        House.OpenAsync(set: s => s with { Validation = new() { Writes = new(rules, profiles) } });

    private static string Patient(string family, string? more = null) => $$"""{"resourceType":"Patient","name":[{"family":"{{family}}"}]{{(more is null ? "" : "," + more)}}}""";

    private static string Bundle(string type, params string[] resources) =>
        $$"""{"resourceType":"Bundle","type":"{{type}}","entry":[{{string.Join(',', resources.Select(r => $$"""{"resource":{{r}},"request":{"method":"POST","url":"Patient"} }"""))}}]}""";

    private static async Task<int> CountAsync(Client by, string family) => (int)(await by.Get($"/fhir/Patient?family={family}&_summary=count")).Json["total"]!;

    private static (string?, string?, string?) Issue(Got got, string place)
    {
        var issue = got.Json["issue"]!.AsArray().FirstOrDefault(i => i!["expression"]?.AsArray().Any(e => (string)e! == place) == true);
        Assert.True(issue is not null, got.Text);
        return ((string?)issue["severity"], (string?)issue["code"], (string?)issue["details"]?["text"]);
    }

    private static List<string> Places(JsonNode outcome) => [.. outcome["issue"]!.AsArray().SelectMany(i => i!["expression"]?.AsArray().Select(e => (string)e!) ?? [])];
}
