using static Fhir.Server.Core.Tests.Validation.Profiling;

namespace Fhir.Server.Core.Tests.Validation;

/// <summary>https://hl7.org/fhir/R4/references.html — what a reference leads to, where that stands, in which version.</summary>
public sealed class ReferenceTargetTests
{
    private const string Patient = "http://hl7.org/fhir/StructureDefinition/Patient";

    private static Core.Elements.Element Subject(string type) => Profile("Observation", $$"""{"id":"Observation.subject","path":"Observation.subject","type":[{"code":"Reference",{{type}} }]}""");

    private static string Observation(string reference, string contained = "") => $$"""{"resourceType":"Observation",{{contained}} "subject":{{reference}} }""";

    [Theory]
    [InlineData("{\"reference\":\"Patient/1\"}", "")]
    [InlineData("{\"reference\":\"http://a.org/fhir/Patient/1\"}", "")]
    [InlineData("{\"reference\":\"Group/1\"}", "Observation.subject structure")]
    [InlineData("{\"type\":\"Group\",\"identifier\":{\"value\":\"1\"}}", "Observation.subject structure")]
    [InlineData("{\"reference\":\"urn:uuid:0c3201bd-1cbf-4d64-b04d-cd9187a4c6e0\"}", "")]
    [InlineData("{\"display\":\"a\"}", "")]
    public void Its_type(string reference, string expected) =>
        Assert.Equal(expected, string.Join(";", Errors(Subject($"\"targetProfile\":[\"{Patient}\"]"), Observation(reference))));

    [Fact]
    public void R4_itself_names_the_types_too() =>
        Assert.Equal(["Observation.subject structure"], BaseErrors("""{"resourceType":"Observation","status":"final","code":{"text":"a"},"subject":{"reference":"Practitioner/1"}}"""));

    [Theory]
    [InlineData("contained", "#p", "")]
    [InlineData("contained", "Patient/1", "Observation.subject structure")]
    [InlineData("referenced", "Patient/1", "")]
    [InlineData("referenced", "#p", "Observation.subject structure")]
    [InlineData("bundled", "Patient/1", "Observation.subject structure")]
    public void Where_it_stands(string aggregation, string reference, string expected)
    {
        var profile = Subject($"\"targetProfile\":[\"{Patient}\"],\"aggregation\":[\"{aggregation}\"]");
        Assert.Equal(expected, string.Join(";", Errors(profile, Observation($"{{\"reference\":\"{reference}\"}}", """ "contained":[{"resourceType":"Patient","id":"p"}],"""))));
    }

    [Theory]
    [InlineData("Patient/1", "")]
    [InlineData("Patient/2", "Bundle.entry[0].resource.subject structure")]
    public void Bundled_is_what_an_entry_of_the_same_bundle_is(string reference, string expected)
    {
        var observation = Profile("Observation", $$"""{"id":"Observation.subject","path":"Observation.subject","type":[{"code":"Reference","targetProfile":["{{Patient}}"],"aggregation":["bundled"]}]}""", "http://example.org/o");
        var profile = Profile("Bundle", """{"id":"Bundle.entry.resource","path":"Bundle.entry.resource"}""");
        var bundle = $$"""
            {"resourceType":"Bundle","type":"collection","entry":[
             {"fullUrl":"http://a.org/fhir/Observation/1","resource":{"resourceType":"Observation","id":"1","meta":{"profile":["http://example.org/o"]},"subject":{"reference":"{{reference}}"} } },
             {"fullUrl":"http://a.org/fhir/Patient/1","resource":{"resourceType":"Patient","id":"1"} }] }
            """;
        var found = Judged.With([observation, profile]).Validate(Json.Reading.Read(bundle), new() { Structure = false, BaseRules = false });
        Assert.Equal(expected, string.Join(";", found.Errors().Select(i => $"{i.Where} {i.Code}")));
    }

    [Theory]
    [InlineData("specific", "Patient/1/_history/2", "")]
    [InlineData("specific", "Patient/1", "Observation.subject structure")]
    [InlineData("independent", "Patient/1/_history/2", "Observation.subject structure")]
    [InlineData("either", "Patient/1", "")]
    public void Its_version(string versioning, string reference, string expected) =>
        Assert.Equal(expected, string.Join(";", Errors(Subject($"\"targetProfile\":[\"{Patient}\"],\"versioning\":\"{versioning}\""), Observation($"{{\"reference\":\"{reference}\"}}"))));

    [Theory]
    [InlineData("true", "")]
    [InlineData("false", "Observation.subject structure")]
    public void The_profile_of_what_it_leads_to(string active, string expected)
    {
        var target = Profile("Patient", """{"id":"Patient.active","path":"Patient.active","fixedBoolean":true}""", "http://example.org/active");
        var resource = Observation("{\"reference\":\"#p\"}", $$""" "contained":[{"resourceType":"Patient","id":"p","active":{{active}}}],""");
        Assert.Equal(expected, string.Join(";", Errors(Subject("\"targetProfile\":[\"http://example.org/active\"]"), resource, target)));
    }

    [Fact]
    public void A_circle_of_references_comes_to_an_end()
    {
        var circle = Profile("Patient", $$"""{"id":"Patient.link.other","path":"Patient.link.other","type":[{"code":"Reference","targetProfile":["{{Url}}"]}]}""");
        Assert.Empty(Errors(circle, """{"resourceType":"Patient","contained":[{"resourceType":"Patient","id":"a","link":[{"other":{"reference":"#"},"type":"seealso"}]}],"link":[{"other":{"reference":"#a"},"type":"seealso"}]}"""));
    }
}
