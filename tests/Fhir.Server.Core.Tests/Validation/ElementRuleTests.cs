using Fhir.Server.Core.Outcomes;
using static Fhir.Server.Core.Tests.Validation.Profiling;

namespace Fhir.Server.Core.Tests.Validation;

/// <summary>https://hl7.org/fhir/R4/elementdefinition.html — one demand at a time, with what fits and what does not.</summary>
public sealed class ElementRuleTests
{
    private static string Element(string path, string demand) => $$"""{"id":"{{path}}","path":"{{path}}",{{demand}} }""";

    [Theory]
    [InlineData("Patient", "name", "\"min\":2", "\"name\":[{\"text\":\"a\"},{\"text\":\"b\"}]", "")]
    [InlineData("Patient", "name", "\"min\":2", "\"name\":[{\"text\":\"a\"}]", "Patient.name required")]
    [InlineData("Patient", "name", "\"max\":\"1\"", "\"name\":[{\"text\":\"a\"},{\"text\":\"b\"}]", "Patient.name[1] structure")]
    [InlineData("Patient", "photo", "\"max\":\"0\"", "\"photo\":[{\"title\":\"a\"}]", "Patient.photo[0] structure")]
    [InlineData("Observation", "value[x]", "\"min\":1", "\"status\":\"final\"", "Observation.value required")]
    public void Cardinality(string type, string name, string demand, string content, string expected) => Judge(type, name, demand, content, expected);

    [Theory]
    [InlineData("\"type\":[{\"code\":\"Quantity\"},{\"code\":\"string\"}]", "\"valueString\":\"a\"", "")]
    [InlineData("\"type\":[{\"code\":\"Quantity\"},{\"code\":\"string\"}]", "\"valueInteger\":1", "Observation.value structure")]
    public void Types(string demand, string content, string expected) => Judge("Observation", "value[x]", demand, content, expected);

    [Theory]
    [InlineData("\"fixedCodeableConcept\":{\"text\":\"a\"}", "\"code\":{\"text\":\"a\"}", "")]
    [InlineData("\"fixedCodeableConcept\":{\"text\":\"a\"}", "\"code\":{\"text\":\"a\",\"id\":\"x\"}", "")]
    [InlineData("\"fixedCodeableConcept\":{\"text\":\"a\"}", "\"code\":{\"text\":\"a\",\"coding\":[{\"code\":\"b\"}]}", "Observation.code value")]
    [InlineData("\"fixedCodeableConcept\":{\"coding\":[{\"code\":\"b\"}]}", "\"code\":{\"coding\":[{\"code\":\"b\"},{\"code\":\"c\"}]}", "Observation.code value")]
    [InlineData("\"patternCodeableConcept\":{\"coding\":[{\"code\":\"b\"}]}", "\"code\":{\"text\":\"t\",\"coding\":[{\"code\":\"c\"},{\"code\":\"b\",\"system\":\"urn:s\"}]}", "")]
    [InlineData("\"patternCodeableConcept\":{\"coding\":[{\"code\":\"b\",\"system\":\"urn:s\"}]}", "\"code\":{\"coding\":[{\"code\":\"b\"},{\"system\":\"urn:s\"}]}", "Observation.code value")]
    [InlineData("\"patternCodeableConcept\":{\"coding\":[{\"code\":\"b\"},{\"code\":\"c\"}]}", "\"code\":{\"coding\":[{\"code\":\"c\"}]}", "Observation.code value")]
    public void Fixed_values_and_patterns(string demand, string content, string expected) => Judge("Observation", "code", demand, content, expected);

    [Theory]
    [InlineData("Patient", "birthDate", "\"minValueDate\":\"2000-01-01\"", "\"birthDate\":\"2000-01-01\"", "")]
    [InlineData("Patient", "birthDate", "\"minValueDate\":\"2000-01-01\"", "\"birthDate\":\"1999-12-31\"", "Patient.birthDate value")]
    [InlineData("Patient", "birthDate", "\"minValueDate\":\"2000-01-01\"", "\"birthDate\":\"2000\"", "")]
    [InlineData("Observation", "value[x]", "\"maxValueQuantity\":{\"value\":1,\"system\":\"http://unitsofmeasure.org\",\"code\":\"kg\"}", "\"valueQuantity\":{\"value\":999,\"system\":\"http://unitsofmeasure.org\",\"code\":\"g\"}", "")]
    [InlineData("Observation", "value[x]", "\"maxValueQuantity\":{\"value\":1,\"system\":\"http://unitsofmeasure.org\",\"code\":\"kg\"}", "\"valueQuantity\":{\"value\":1001,\"system\":\"http://unitsofmeasure.org\",\"code\":\"g\"}", "Observation.value value")]
    [InlineData("Observation", "value[x]", "\"maxValueInteger\":5", "\"valueInteger\":6", "Observation.value value")]
    [InlineData("Patient", "gender", "\"maxLength\":4", "\"gender\":\"male\"", "")]
    [InlineData("Patient", "gender", "\"maxLength\":4", "\"gender\":\"female\"", "Patient.gender value")]
    public void Bounds_and_lengths(string type, string name, string demand, string content, string expected) => Judge(type, name, demand, content, expected);

    [Theory]
    [InlineData("required", "\"system\":\"http://terminology.hl7.org/CodeSystem/v3-MaritalStatus\",\"code\":\"M\"", null)]
    [InlineData("required", "\"system\":\"http://terminology.hl7.org/CodeSystem/v3-MaritalStatus\",\"code\":\"no such\"", Severity.Error)]
    [InlineData("required", "\"system\":\"urn:other\",\"code\":\"M\"", Severity.Error)]
    [InlineData("required", "\"display\":\"married\"", Severity.Error)]
    [InlineData("extensible", "\"system\":\"urn:other\",\"code\":\"M\"", Severity.Warning)]
    [InlineData("extensible", "\"display\":\"married\"", null)]
    [InlineData("preferred", "\"system\":\"urn:other\",\"code\":\"M\"", null)]
    [InlineData("example", "\"system\":\"urn:other\",\"code\":\"M\"", null)]
    public void Bindings_of_each_strength(string strength, string coding, Severity? expected) =>
        Bound(strength, "http://terminology.hl7.org/ValueSet/v3-MaritalStatus", coding, expected);

    [Theory]
    [InlineData("required")]
    [InlineData("extensible")]
    public void A_value_set_that_is_not_loaded_is_a_warning_never_an_error(string strength) => Bound(strength, "http://example.org/nowhere", "\"system\":\"urn:s\",\"code\":\"a\"", Severity.Warning);

    [Theory]
    [InlineData("\"code\":\"a\"", 0)]
    [InlineData("\"code\":\"a\",\"display\":\"alpha  ONE\"", 0)]
    [InlineData("\"code\":\"a\",\"display\":\"alfa\"", 0)]
    [InlineData("\"code\":\"a\",\"display\":\"Beta\"", 1)]
    [InlineData("\"code\":\"b\"", 1)]
    [InlineData("\"code\":\"b\",\"version\":\"9\"", 0)]   // that version is not loaded
    public void A_code_and_its_display_are_those_of_its_system(string coding, int warnings)
    {
        const string System = """
            {"resourceType":"CodeSystem","url":"urn:s","status":"active","content":"complete","concept":[{"code":"a","display":"Alpha One","designation":[{"language":"nl","value":"Alfa"}]}]}
            """;
        var resource = Json.Reading.Read($$"""{"resourceType":"Basic","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">a</div>"},"code":{"coding":[{"system":"urn:s",{{coding}} }]} }""");
        var issues = Judged.With([Json.Reading.Read(System)]).Validate(resource, Judged.Request);
        Assert.Equal(Enumerable.Repeat(Severity.Warning, warnings), issues.Select(i => i.Severity));
    }

    [Theory]
    [InlineData("\"valueCodeableConcept\":{\"coding\":[{\"system\":\"urn:other\",\"code\":\"M\"}]}", 1)]
    [InlineData("\"valueString\":\"M\"", 0)]
    [InlineData("\"valueDateTime\":\"2020-01-01\"", 0)]
    [InlineData("\"valueBoolean\":true", 0)]
    public void A_binding_on_a_choice_speaks_of_codes_only(string value, int errors)
    {
        var profile = Profile("Observation", Element("Observation.value[x]", """  "binding":{"strength":"required","valueSet":"http://terminology.hl7.org/ValueSet/v3-MaritalStatus"} """));
        Assert.Equal(errors, Errors(profile, $$"""{"resourceType":"Observation",{{value}} }""").Count);
    }

    [Fact]
    public void A_type_written_into_the_name_is_a_slice_of_the_choice()
    {
        var profile = Json.Reading.Read("""
            {"resourceType":"StructureDefinition","url":"http://example.org/p","name":"P","status":"draft","kind":"resource","abstract":false,"type":"Observation",
             "baseDefinition":"http://hl7.org/fhir/StructureDefinition/Observation","derivation":"constraint","snapshot":{"element":[
             {"id":"Observation","path":"Observation","min":0,"max":"*"},
             {"id":"Observation.valueQuantity","path":"Observation.valueQuantity","min":1,"max":"1","type":[{"code":"Quantity"}]},
             {"id":"Observation.valueQuantity.code","path":"Observation.valueQuantity.code","min":1,"max":"1"}]}}
            """);
        Assert.Empty(Errors(profile, """{"resourceType":"Observation","valueQuantity":{"value":1,"code":"a"}}"""));
        Assert.Equal(["Observation.value.code required"], Errors(profile, """{"resourceType":"Observation","valueQuantity":{"value":1}}"""));
        Assert.Equal(["Observation.value required"], Errors(profile, """{"resourceType":"Observation","valueString":"a"}"""));
    }

    [Fact]
    public void A_contained_resource_needs_no_narrative()
    {
        var issues = Judged.With([]).Validate(Json.Reading.Read("""{"resourceType":"Observation","contained":[{"resourceType":"Patient","id":"p"}],"status":"final","code":{"text":"a"},"subject":{"reference":"#p"}}"""), Judged.Request);
        Assert.Equal(("Observation", "dom-6"), (Assert.Single(issues).Where, issues[0].Rule));
    }

    private static void Bound(string strength, string valueSet, string coding, Severity? expected)
    {
        var profile = Profile("Observation", Element("Observation.code", $$"""  "binding":{"strength":"{{strength}}","valueSet":"{{valueSet}}"} """));
        var issue = Issues(profile, $$"""{"resourceType":"Observation","code":{"coding":[{ {{coding}} }]} }""").SingleOrDefault();
        Assert.Equal(expected, issue?.Severity);
    }

    [Theory]
    [InlineData("error", Severity.Error)]
    [InlineData("warning", Severity.Warning)]
    public void An_invariant_that_is_false_or_finds_nothing_is_broken(string severity, Severity expected)
    {
        var profile = Profile("Patient", Element("Patient.name", $$"""  "constraint":[{"key":"x-1","severity":"{{severity}}","human":"family is long","expression":"family.length() > 2"}]"""));
        Assert.Empty(Issues(profile, """{"resourceType":"Patient","name":[{"family":"abc"}]}"""));
        Assert.Empty(Issues(profile, """{"resourceType":"Patient"}"""));
        var issues = Issues(profile, """{"resourceType":"Patient","name":[{"family":"ab"},{"given":["x"]}]}""");
        Assert.Equal([("Patient.name[0]", "x-1", expected), ("Patient.name[1]", "x-1", expected)], issues.Select(i => (i.Where!, i.Rule!, i.Severity)));
    }

    [Fact]
    public void An_invariant_that_cannot_be_used_is_a_warning()
    {
        var profile = Profile("Patient", Element("Patient.name", """  "constraint":[{"key":"x-1","severity":"error","human":"?","expression":"no such (("}]"""));
        Assert.Equal(Severity.Warning, Assert.Single(Issues(profile, """{"resourceType":"Patient","name":[{"family":"ab"}]}""")).Severity);
    }

    [Fact]
    public void An_element_follows_one_of_the_profiles_of_its_type()
    {
        var two = Profile("HumanName", Element("HumanName.family", "\"min\":1"), "http://example.org/family");
        var one = Profile("HumanName", Element("HumanName.text", "\"min\":1"), "http://example.org/text");
        var profile = Profile("Patient", Element("Patient.name", """  "type":[{"code":"HumanName","profile":["http://example.org/family","http://example.org/text"]}]"""));
        Assert.Empty(Errors(profile, """{"resourceType":"Patient","name":[{"family":"a"},{"text":"b"}]}""", one, two));
        Assert.Equal(["Patient.name[0] structure"], Errors(profile, """{"resourceType":"Patient","name":[{"given":["a"]}]}""", one, two));
    }

    [Fact]
    public void An_item_in_an_item_is_judged_as_the_item_is()
    {
        var profile = Profile("Questionnaire", Element("Questionnaire.item.text", "\"min\":1"));
        Assert.Equal(["Questionnaire.item[0].item[0].item[0].text required"],
            Errors(profile, """{"resourceType":"Questionnaire","item":[{"text":"a","item":[{"text":"b","item":[{"linkId":"3"}]}]}]}"""));
    }

    private static void Judge(string type, string name, string demand, string content, string expected) =>
        Assert.Equal(expected, string.Join(";", Errors(Profile(type, Element($"{type}.{name}", demand)), $$"""{"resourceType":"{{type}}",{{content}} }""")));
}
