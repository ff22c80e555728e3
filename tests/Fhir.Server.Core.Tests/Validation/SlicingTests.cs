using Fhir.Server.Core.Elements;
using static Fhir.Server.Core.Tests.Validation.Profiling;

namespace Fhir.Server.Core.Tests.Validation;

/// <summary>https://hl7.org/fhir/R4/profiling.html#slicing — one slicing per kind of discriminator, each with what fits and what does not.</summary>
public sealed class SlicingTests
{
    private static string Sliced(string path, string discriminator, string by, string rules = "open", string more = "") =>
        $$"""{"id":"{{path}}","path":"{{path}}","slicing":{"discriminator":[{"type":"{{discriminator}}","path":"{{by}}"}],"rules":"{{rules}}"{{more}} } }""";

    private static string Slice(string path, string name, int min, string max, string more = "") =>
        $$"""{"id":"{{path}}:{{name}}","path":"{{path}}","sliceName":"{{name}}","min":{{min}},"max":"{{max}}"{{more}} }""";

    private static string Patient(string elements) => $$"""{"resourceType":"Patient",{{elements}} }""";

    private static readonly string Bsn = Slice("Patient.identifier", "bsn", 1, "1") +
        """,{"id":"Patient.identifier:bsn.system","path":"Patient.identifier.system","min":1,"fixedUri":"urn:bsn"},{"id":"Patient.identifier:bsn.value","path":"Patient.identifier.value","min":1,"maxLength":9}""";

    [Theory]
    [InlineData("""{"system":"urn:bsn","value":"1"},{"system":"urn:other"}""", "")]
    [InlineData("""{"system":"urn:other","value":"1"}""", "Patient.identifier required")]
    [InlineData("""{"system":"urn:bsn","value":"1"},{"system":"urn:bsn","value":"2"}""", "Patient.identifier[1] structure")]
    [InlineData("""{"system":"urn:bsn"}""", "Patient.identifier[0].value required")]
    [InlineData("""{"system":"urn:bsn","value":"1234567890"}""", "Patient.identifier[0].value value")]
    [InlineData("""{"system":"urn:other","value":"1234567890"},{"system":"urn:bsn","value":"1"}""", "")]
    public void By_value(string identifiers, string expected)
    {
        var profile = Profile("Patient", Sliced("Patient.identifier", "value", "system") + "," + Bsn);
        Assert.Equal(expected, string.Join(";", Errors(profile, Patient($"\"identifier\":[{identifiers}]"))));
    }

    [Theory]
    [InlineData(1, "1", "", "The slice identifier:x is required.")]
    [InlineData(2, "3", """{"system":"urn:x"}""", "The slice identifier:x must stand there at least 2 times.")]
    [InlineData(0, "0", """{"system":"urn:x"}""", "The slice identifier:x is not allowed here.")]
    [InlineData(0, "2", """{"system":"urn:x"},{"system":"urn:x"},{"system":"urn:x"}""", "The slice identifier:x stands there more often than 2 times.")]
    public void How_often_a_slice_stands_there_is_told_in_words(int min, string max, string identifiers, string expected)
    {
        var slice = Slice("Patient.identifier", "x", min, max) + """,{"id":"Patient.identifier:x.system","path":"Patient.identifier.system","min":1,"fixedUri":"urn:x"}""";
        var found = Issues(Profile("Patient", Sliced("Patient.identifier", "value", "system") + "," + slice), Patient(identifiers.Length == 0 ? "\"active\":true" : $"\"identifier\":[{identifiers}]"));
        Assert.Equal(expected, Assert.Single(found.Errors()).Text);
    }

    [Theory]
    [InlineData("closed", """{"system":"urn:bsn","value":"1"},{"system":"urn:other"}""", "Patient.identifier[1] structure")]
    [InlineData("openAtEnd", """{"system":"urn:bsn","value":"1"},{"system":"urn:other"}""", "")]
    [InlineData("openAtEnd", """{"system":"urn:other"},{"system":"urn:bsn","value":"1"}""", "Patient.identifier[1] structure")]
    public void What_is_of_no_slice_is_judged_by_the_rules(string rules, string identifiers, string expected)
    {
        var profile = Profile("Patient", Sliced("Patient.identifier", "value", "system", rules) + "," + Bsn);
        Assert.Equal(expected, string.Join(";", Errors(profile, Patient($"\"identifier\":[{identifiers}]"))));
    }

    [Fact]
    public void Ordered_slices_keep_their_order()
    {
        var profile = Profile("Patient", Sliced("Patient.identifier", "value", "system", more: ",\"ordered\":true") + "," + Bsn + "," + Slice("Patient.identifier", "b", 0, "1") +
            """,{"id":"Patient.identifier:b.system","path":"Patient.identifier.system","min":1,"fixedUri":"urn:b"}""");
        const string First = """{"system":"urn:bsn","value":"1"}""", Second = """{"system":"urn:b"}""";
        Assert.Empty(Errors(profile, Patient($"\"identifier\":[{First},{Second}]")));
        Assert.Equal(["Patient.identifier[1] structure"], Errors(profile, Patient($"\"identifier\":[{Second},{First}]")));
    }

    [Theory]
    [InlineData("""{"coding":[{"system":"urn:x","code":"z"},{"system":"urn:x","code":"a","display":"A"}]}""", "")]
    [InlineData("""{"coding":[{"system":"urn:x","code":"b"}]}""", "Observation.category required")]
    public void By_pattern_on_this(string category, string expected)
    {
        var profile = Profile("Observation", Sliced("Observation.category", "pattern", "$this") + "," +
            Slice("Observation.category", "a", 1, "1", ",\"patternCodeableConcept\":{\"coding\":[{\"system\":\"urn:x\",\"code\":\"a\"}]}"));
        Assert.Equal(expected, string.Join(";", Errors(profile, $$"""{"resourceType":"Observation","category":[{{category}}]}""")));
    }

    [Theory]
    [InlineData("""{"system":"urn:a","value":"1"},{"system":"urn:b"}""", "")]
    [InlineData("""{"system":"urn:a","value":"1"},{"system":"urn:b","value":"2"}""", "Patient.identifier required;Patient.identifier[1] structure")]
    public void By_existence(string identifiers, string expected)
    {
        var profile = Profile("Patient", Sliced("Patient.identifier", "exists", "value") + "," +
            Slice("Patient.identifier", "with", 0, "1") + """,{"id":"Patient.identifier:with.value","path":"Patient.identifier.value","min":1},""" +
            Slice("Patient.identifier", "without", 1, "1") + """,{"id":"Patient.identifier:without.value","path":"Patient.identifier.value","max":"0"}""");
        Assert.Equal(expected.Split(';', StringSplitOptions.RemoveEmptyEntries).Order(), Errors(profile, Patient($"\"identifier\":[{identifiers}]")).Order());
    }

    [Theory]
    [InlineData("\"valueQuantity\":{\"value\":1,\"code\":\"mg\"}", "")]
    [InlineData("\"valueQuantity\":{\"value\":1,\"code\":\"kg\"}", "Observation.value.code value")]
    [InlineData("\"valueString\":\"a\"", "")]
    public void A_choice_by_type(string value, string expected)
    {
        var profile = Profile("Observation", Sliced("Observation.value[x]", "type", "$this") + "," +
            Slice("Observation.value[x]", "valueQuantity", 0, "1", ",\"type\":[{\"code\":\"Quantity\"}]") +
            """,{"id":"Observation.value[x]:valueQuantity.code","path":"Observation.value[x].code","fixedCode":"mg"}""");
        Assert.Equal(expected, string.Join(";", Errors(profile, $$"""{"resourceType":"Observation",{{value}} }""")));
    }

    [Theory]
    [InlineData("Patient/1", "Practitioner/2", "")]
    [InlineData("Practitioner/1", "Practitioner/2", "Observation.performer required;Observation.performer[1] structure")]
    public void References_by_the_type_they_lead_to(string first, string second, string expected)
    {
        var profile = Profile("Observation", Sliced("Observation.performer", "type", "resolve()") + "," +
            Slice("Observation.performer", "patient", 1, "1", """,  "type":[{"code":"Reference","targetProfile":["http://hl7.org/fhir/StructureDefinition/Patient"]}]""") + "," +
            Slice("Observation.performer", "doctor", 0, "1", """,  "type":[{"code":"Reference","targetProfile":["http://hl7.org/fhir/StructureDefinition/Practitioner"]}]"""));
        var resource = $$"""{"resourceType":"Observation","performer":[{"reference":"{{first}}"},{"reference":"{{second}}"}]}""";
        Assert.Equal(expected.Split(';', StringSplitOptions.RemoveEmptyEntries).Order(), Errors(profile, resource).Order());
    }

    [Theory]
    [InlineData("true", "")]
    [InlineData("false", "Observation.performer required")]
    public void References_by_the_profile_of_what_they_lead_to(string active, string expected)
    {
        var target = Profile("Patient", """{"id":"Patient.active","path":"Patient.active","min":1,"fixedBoolean":true}""", "http://example.org/active");
        var profile = Profile("Observation", Sliced("Observation.performer", "profile", "resolve()") + "," +
            Slice("Observation.performer", "active", 1, "1", """,  "type":[{"code":"Reference","targetProfile":["http://example.org/active"]}]"""));
        var resource = $$"""{"resourceType":"Observation","contained":[{"resourceType":"Patient","id":"p","active":{{active}}}],"performer":[{"reference":"#p"}]}""";
        Assert.Equal(expected, string.Join(";", Errors(profile, resource, target)));
    }

    [Fact]
    public void What_a_reference_leads_to_is_no_error_where_it_is_not_at_hand()
    {
        var target = Profile("Patient", """{"id":"Patient.active","path":"Patient.active","min":1}""", "http://example.org/active");
        var profile = Profile("Observation", Sliced("Observation.performer", "profile", "resolve()") + "," +
            Slice("Observation.performer", "active", 1, "1", """,  "type":[{"code":"Reference","targetProfile":["http://example.org/active"]}]"""));
        var issue = Assert.Single(Issues(profile, """{"resourceType":"Observation","performer":[{"reference":"Patient/1"}]}""", target));
        Assert.Equal(Core.Outcomes.Severity.Warning, issue.Severity);
    }

    [Theory]
    [InlineData("1", "")]
    [InlineData("2", "Patient.contact required")]
    public void By_the_value_of_an_extension(string value, string expected)
    {
        var extension = Profile("Extension", """{"id":"Extension.url","path":"Extension.url","fixedUri":"http://example.org/e"},{"id":"Extension.value[x]","path":"Extension.value[x]","type":[{"code":"integer"}]}""", "http://example.org/e");
        var profile = Profile("Patient", Sliced("Patient.contact", "value", "extension('http://example.org/e').value") + "," + Slice("Patient.contact", "first", 1, "1") + "," +
            """
            {"id":"Patient.contact:first.extension","path":"Patient.contact.extension","slicing":{"discriminator":[{"type":"value","path":"url"}],"rules":"open"}},
            {"id":"Patient.contact:first.extension:e","path":"Patient.contact.extension","sliceName":"e","min":1,"max":"1","type":[{"code":"Extension","profile":["http://example.org/e"]}]},
            {"id":"Patient.contact:first.extension:e.value[x]","path":"Patient.contact.extension.value[x]","min":1,"fixedInteger":1}
            """);
        var resource = Patient($$"""  "contact":[{"extension":[{"url":"http://example.org/e","valueInteger":{{value}}}]}]""");
        Assert.Equal(expected, string.Join(";", Errors(profile, resource, extension)));
    }

    [Theory]
    [InlineData("\"valueCodeableConcept\":{\"text\":\"a\"}", "")]
    [InlineData("\"valueString\":\"a\"", "Observation.component required")]
    public void By_the_value_of_one_type(string value, string expected)
    {
        var profile = Profile("Observation", Sliced("Observation.component", "value", "value.ofType(CodeableConcept).text") + "," + Slice("Observation.component", "a", 1, "*") +
            """,{"id":"Observation.component:a.value[x]","path":"Observation.component.value[x]","min":1,"type":[{"code":"CodeableConcept"}]},{"id":"Observation.component:a.value[x].text","path":"Observation.component.value[x].text","min":1,"fixedString":"a"}""");
        Assert.Equal(expected, string.Join(";", Errors(profile, $$"""{"resourceType":"Observation","component":[{ {{value}} }]}""")));
    }

    [Theory]
    [InlineData("""{"system":"urn:bsn","use":"official","value":"1"}""", "")]
    [InlineData("""{"system":"urn:bsn","use":"usual","value":"1"}""", "Patient.identifier required")]
    [InlineData("""{"system":"urn:bsn","use":"official","value":"1","assigner":{"display":"x"}}""", "Patient.identifier[0].assigner structure")]
    [InlineData("""{"system":"urn:other","use":"official"}""", "Patient.identifier required")]
    public void A_slice_is_sliced_again(string identifier, string expected)
    {
        var profile = Profile("Patient", Sliced("Patient.identifier", "value", "system") + "," +
            """
            {"id":"Patient.identifier:bsn","path":"Patient.identifier","sliceName":"bsn","min":0,"max":"*","slicing":{"discriminator":[{"type":"value","path":"use"}],"rules":"open"}},
            {"id":"Patient.identifier:bsn.system","path":"Patient.identifier.system","min":1,"fixedUri":"urn:bsn"},
            {"id":"Patient.identifier:bsn/official","path":"Patient.identifier","sliceName":"bsn/official","min":1,"max":"1"},
            {"id":"Patient.identifier:bsn/official.use","path":"Patient.identifier.use","min":1,"fixedCode":"official"},
            {"id":"Patient.identifier:bsn/official.assigner","path":"Patient.identifier.assigner","max":"0"}
            """);
        Assert.Equal(expected, string.Join(";", Errors(profile, Patient($"\"identifier\":[{identifier}]"))));
    }
}
