using System.Reflection;
using Fhir.Messaging.Tests.Clinic;
using Fhir.Server.Store.Access;
using static Fhir.Messaging.Tests.Clinic.TestClinic;

namespace Fhir.Messaging.Tests.DefinitionTests;

public sealed class OwnDefinitionTests
{
    [Fact]
    public void Every_name_that_the_code_uses_is_defined_and_nothing_else()
    {
        var defined = ClinicDefinitions.All().Select(d => d.Resource["url"].Text!).ToHashSet(StringComparer.Ordinal);
        var used = typeof(ClinicUrls).GetFields(BindingFlags.Public | BindingFlags.Static).Select(f => (string)f.GetRawConstantValue()!)
            .Where(u => u.Contains("/StructureDefinition/", StringComparison.Ordinal) || u.Contains("/CodeSystem/", StringComparison.Ordinal));
        Assert.Subset(defined, used.ToHashSet(StringComparer.Ordinal));
        Assert.Equal(
            ["break-glass", "close-thread", "declare-care", "fhirpath", "inbox", "mark-read", "messages", "open-thread", "send-message"],
            ClinicDefinitions.All().Where(d => d.Resource.Type == "OperationDefinition").Select(d => d.Resource["code"].Text!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_roles_of_people_are_the_concepts_of_clinic_role_and_each_has_a_Dutch_name()
    {
        var concepts = ClinicDefinitions.All().Single(d => d.Resource["url"].Text == ClinicUrls.ClinicRole && d.Resource.Type == "CodeSystem").Resource.Each("concept").ToList();
        Assert.Equal(
            RoleTable.All.Where(r => r.Kind == RoleKind.Person).Select(r => r.Code).Order(StringComparer.Ordinal),
            concepts.Select(c => c["code"].Text!).Order(StringComparer.Ordinal));
        Assert.All(concepts, c => Assert.Contains(c.Each("designation"), d => d["language"].Text == "nl" && !string.IsNullOrEmpty(d["value"].Text)));
    }

    [Fact]
    public async Task They_are_served_and_the_operations_are_told_in_the_capabilities()
    {
        await using var clinic = await TestClinic.OpenAsync();
        foreach (var definition in ClinicDefinitions.All()) Ok(await clinic.Jansen.Get($"/fhir/{definition.Resource.Type}/{definition.Resource["id"].Text}"));
        var communication = Ok(await clinic.Jansen.Get("/fhir/metadata")).Json["rest"]![0]!["resource"]!.AsArray().Single(r => (string?)r!["type"] == "Communication")!;
        Assert.Equal(
            ["close-thread", "inbox", "mark-read", "messages", "meta", "meta-add", "meta-delete", "open-thread", "send-message", "validate"],
            communication["operation"]!.AsArray().Select(o => (string)o!["name"]!).Order(StringComparer.Ordinal));
        var patient = Ok(await clinic.Jansen.Get("/fhir/metadata")).Json["rest"]![0]!["resource"]!.AsArray().Single(r => (string?)r!["type"] == "Patient")!;
        Assert.Subset(patient["operation"]!.AsArray().Select(o => (string)o!["name"]!).ToHashSet(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal) { "break-glass", "declare-care" });
    }
}
