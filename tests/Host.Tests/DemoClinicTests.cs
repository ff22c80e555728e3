using System.Text.Json;
using Fhir.Messaging;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Packages;
using Fhir.Server.Core.Terminology;
using Fhir.Server.Core.Validation;
using Host.Demo;

namespace Host.Tests;

/// <summary>The demo clinic's bundles hold what scripts rely on, with valid test numbers and nothing else.</summary>
public sealed class DemoClinicTests
{
    private static readonly IReadOnlyList<JsonElement> All =
        [.. from bundle in new[] { "directory", "patients", "record", "consents" }
            from entry in Bundle(bundle).GetProperty("entry").EnumerateArray()
            select entry.GetProperty("resource")];

    [Theory]
    [InlineData("Practitioner", "dr.jansen", "dr.devries", "dr.bakker", "s.dewit")]
    [InlineData("PractitionerRole", "dr.jansen", "dr.devries", "dr.bakker", "s.dewit")]
    [InlineData("Organization", "de-linde", "arbodienst-oost", "rijnmond")]
    [InlineData("HealthcareService", "de-linde", "arbodienst-oost", "rijnmond")]
    [InlineData("Endpoint", "de-linde", "arbodienst-oost", "rijnmond")]
    public void The_fixed_names_are_there(string type, params string[] ids) => Assert.Equal(ids, Of(type).Select(Id));

    [Fact]
    public void A_dozen_patients_of_De_Linde_each_with_a_test_BSN_of_its_own()
    {
        Assert.Equal(Enumerable.Range(1, 12).Select(i => $"patient-{i:00}"), Of("Patient").Select(Id));
        var numbers = Identifiers("Patient", "http://fhir.nl/fhir/NamingSystem/bsn").ToList();
        Assert.Equal(12, numbers.Distinct().Count());
        Assert.All(numbers, bsn => Assert.True(bsn.StartsWith("9999", StringComparison.Ordinal) && ElevenProof(bsn), bsn));
        Assert.All(Of("Patient"), patient => Assert.Equal("Organization/de-linde", patient.GetProperty("managingOrganization").GetProperty("reference").GetString()));
    }

    [Fact]
    public void AGB_codes_have_eight_digits_and_UZI_numbers_nine()
    {
        Assert.All(Identifiers("Practitioner", "http://fhir.nl/fhir/NamingSystem/agb-z").Concat(Identifiers("Organization", "http://fhir.nl/fhir/NamingSystem/agb-z")), agb => Assert.Matches("^[0-9]{8}$", agb));
        Assert.All(Identifiers("Practitioner", "http://fhir.nl/fhir/NamingSystem/uzi-nr-pers"), uzi => Assert.Matches("^[0-9]{9}$", uzi));
        Assert.Equal(4, Identifiers("Practitioner", "http://fhir.nl/fhir/NamingSystem/uzi-nr-pers").Distinct().Count());
    }

    [Fact]
    public void Only_De_Lindes_practice_system_is_reachable() =>
        Assert.Equal(["active", "off", "off"], Of("Endpoint").Select(e => e.GetProperty("status").GetString()!));

    [Fact]
    public void Every_user_who_is_a_clinician_has_her_role_in_the_directory()
    {
        var roles = Of("PractitionerRole").ToDictionary(Id, r => r.GetProperty("code")[0].GetProperty("coding")[0].GetProperty("code").GetString(), StringComparer.Ordinal);
        foreach (var user in DemoUsers.All.Where(u => u.Token(null, TimeSpan.FromMinutes(1)).PractitionerRole is not null))
            Assert.Equal(user.Role.Code, roles[user.Name]);
    }

    [Fact]
    public void Every_reference_leads_to_a_resource_of_the_clinic()
    {
        var known = All.Select(r => $"{r.GetProperty("resourceType").GetString()}/{Id(r)}").ToHashSet(StringComparer.Ordinal);
        Assert.Empty(All.SelectMany(References).Where(r => !known.Contains(r)).Distinct());
    }

    [Fact]
    public void All_of_it_is_valid_and_the_consents_let_somebody_in()
    {
        var conformance = Conformance.R4.With(ClinicDefinitions.All().Select(d => d.Resource));
        var validator = new Validator(conformance, new Vocabulary(conformance));
        foreach (var resource in All)
        {
            var tree = Tree(resource);
            string[] profiles = tree.Type == "Consent" ? [ClinicUrls.Base + "/StructureDefinition/sharing-consent"] : [];
            Assert.Empty(validator.Validate(tree, new() { Profiles = profiles }).Where(i => i.Severity <= Severity.Error).Select(i => $"{Id(resource)} {i.Where} {i.Text}"));
        }
    }

    // As it is seeded: with the places filled in.
    private static Element Tree(JsonElement resource)
    {
        var text = resource.GetRawText().Replace("{today}", "2026-11-22", StringComparison.Ordinal).Replace("{next-year}", "2027-11-22", StringComparison.Ordinal).Replace("{practice-system}", "mllp://127.0.0.1:2575", StringComparison.Ordinal);
        return JsonReader.Read(System.Text.Encoding.UTF8.GetBytes(text), DefinitionSet.R4).Failed(out var issue, out var tree) ? throw new InvalidOperationException(issue.Text) : tree;
    }

    [Fact]
    public void There_are_no_threads_yet() => Assert.Empty(Of("Communication"));

    private static bool ElevenProof(string bsn) =>
        bsn.Length == 9 && bsn.Select((digit, i) => (digit - '0') * (i == 8 ? -1 : 9 - i)).Sum() % 11 == 0;

    private static IEnumerable<JsonElement> Of(string type) => All.Where(r => r.GetProperty("resourceType").GetString() == type);

    private static string Id(JsonElement resource) => resource.GetProperty("id").GetString()!;

    private static IEnumerable<string> Identifiers(string type, string system) =>
        from resource in Of(type)
        from identifier in resource.GetProperty("identifier").EnumerateArray()
        where identifier.GetProperty("system").GetString() == system
        select identifier.GetProperty("value").GetString()!;

    private static IEnumerable<string> References(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(p => p is { Name: "reference", Value.ValueKind: JsonValueKind.String } ? [p.Value.GetString()!] : References(p.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(References),
        _ => [],
    };

    private static JsonElement Bundle(string name)
    {
        using var stream = typeof(DemoClinic).Assembly.GetManifestResourceStream($"demo-clinic/{name}.json")!;
        using var reader = new StreamReader(stream);
        return JsonElement.Parse(reader.ReadToEnd());
    }
}
