using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Tests.Json;
using static Fhir.Server.Core.Tests.Validation.Profiling;

namespace Fhir.Server.Core.Tests.Validation;

/// <summary>https://hl7.org/fhir/R4/defining-extensions.html — an extension is found by its url, judged by its definition, and stands where that allows.</summary>
public sealed class ExtensionTests
{
    private const string E = "http://example.org/e";

    private static Element Extension(string context, string more = "") => Profile("Extension",
        $$"""{"id":"Extension.url","path":"Extension.url","fixedUri":"{{E}}"},{"id":"Extension.value[x]","path":"Extension.value[x]","min":1,"type":[{"code":"integer"}]}{{more}}""", E, context);

    private static string Used(string where) => where.Replace("@", $$"""{"url":"{{E}}","valueInteger":1}""", StringComparison.Ordinal);

    [Theory]
    [InlineData("element", "Patient", """{"resourceType":"Patient","extension":[@]}""", true)]
    [InlineData("element", "Patient", """{"resourceType":"Group","type":"person","actual":true,"extension":[@]}""", false)]
    [InlineData("element", "DomainResource", """{"resourceType":"Group","type":"person","actual":true,"extension":[@]}""", true)]
    [InlineData("element", "HumanName", """{"resourceType":"Patient","name":[{"extension":[@]}]}""", true)]
    [InlineData("element", "Patient.contact", """{"resourceType":"Patient","contact":[{"name":{"text":"a"},"extension":[@]}]}""", true)]
    [InlineData("element", "Patient.contact", """{"resourceType":"Patient","extension":[@]}""", false)]
    [InlineData("element", "Patient.contact.name", """{"resourceType":"Patient","name":[{"extension":[@]}]}""", false)]
    [InlineData("element", "HumanName.family", """{"resourceType":"Patient","name":[{"_family":{"extension":[@]}}]}""", true)]
    [InlineData("element", "Questionnaire.item", """{"resourceType":"Questionnaire","status":"draft","item":[{"linkId":"1","type":"group","item":[{"linkId":"2","type":"display","extension":[@]}]}]}""", true)]
    [InlineData("fhirpath", "Patient.name.where(use = 'official')", """{"resourceType":"Patient","name":[{"use":"official","extension":[@]}]}""", true)]
    [InlineData("fhirpath", "Patient.name.where(use = 'official')", """{"resourceType":"Patient","name":[{"use":"usual","extension":[@]}]}""", false)]
    [InlineData("extension", "http://example.org/other", """{"resourceType":"Patient","extension":[@]}""", false)]
    public void Where_it_may_stand(string type, string expression, string resource, bool isAllowed)
    {
        var errors = BaseErrors(Used(resource), Extension($$"""{"type":"{{type}}","expression":"{{expression}}"}"""));
        Assert.Equal(isAllowed ? [] : ["extension"], errors.Select(e => e.Split(' ')[1]));
    }

    [Theory]
    [InlineData("""{"resourceType":"Patient","active":true,"extension":[@]}""", 0)]
    [InlineData("""{"resourceType":"Patient","active":false,"extension":[@]}""", 1)]
    public void A_condition_on_what_it_stands_in(string resource, int errors)
    {
        var extension = Extension("""{"type":"element","expression":"Patient"}""");
        extension.Add("contextInvariant", "active");
        Assert.Equal(errors, BaseErrors(Used(resource), extension).Count);
    }

    [Theory]
    [InlineData("""{"url":"http://example.org/e","valueString":"1"}""", "Patient.extension[0].value structure")]
    [InlineData("""{"url":"http://example.org/e","extension":[{"url":"a","valueCode":"a"}]}""", "Patient.extension[0].value required")]
    public void Its_value_is_as_defined(string extension, string expected) =>
        Assert.Equal([expected], BaseErrors($$"""{"resourceType":"Patient","extension":[{{extension}}]}""", Extension("""{"type":"element","expression":"Patient"}""")));

    [Theory]
    [InlineData("extension", "http://example.org/unknown", Severity.Information)]
    [InlineData("extension", "http://hl7.org/fhir/StructureDefinition/unknown", Severity.Warning)]
    [InlineData("modifierExtension", "http://example.org/unknown", Severity.Error)]
    [InlineData("extension", "unknown", Severity.Error)]
    public void One_that_is_not_known(string name, string url, Severity expected)
    {
        var resource = Reading.Read($$"""{"resourceType":"Patient","{{name}}":[{"url":"{{url}}","valueCode":"a"}]}""");
        Assert.Equal(expected, Assert.Single(Judged.With([]).Validate(resource, Judged.Request), i => i.Rule != "dom-6").Severity);
    }

    [Fact]
    public void A_modifier_must_be_written_as_one()
    {
        var modifier = Extension("""{"type":"element","expression":"Patient"}""");
        modifier["differential"]["element"].Add("isModifier", "true");
        Assert.Single(BaseErrors(Used("""{"resourceType":"Patient","extension":[@]}"""), modifier));
        Assert.Empty(BaseErrors(Used("""{"resourceType":"Patient","modifierExtension":[@]}"""), modifier));
    }
}
