using static Fhir.Server.Core.Tests.Validation.Profiling;

namespace Fhir.Server.Core.Tests.Validation;

/// <summary>https://hl7.org/fhir/R4/bundle.html — what a Bundle asks of its entries.</summary>
public sealed class BundleTests
{
    private static string Bundle(string type, params string[] entries) => $$"""{"resourceType":"Bundle","type":"{{type}}","entry":[{{string.Join(",", entries)}}]}""";

    private static string Entry(string url, string resource) => $$"""{"fullUrl":"{{url}}","resource":{{resource}} }""";

    private static string Patient(string id, string more = "") => $$"""{"resourceType":"Patient","id":"{{id}}"{{more}} }""";

    [Theory]
    [InlineData("http://a.org/fhir/Patient/1", "1", "")]
    [InlineData("http://a.org/fhir/Patient/2", "1", "Bundle.entry[0].fullUrl value")]
    [InlineData("http://a.org/fhir/Group/1", "1", "Bundle.entry[0].fullUrl value")]
    [InlineData("urn:uuid:0c3201bd-1cbf-4d64-b04d-cd9187a4c6e0", "1", "")]
    [InlineData("Patient/1", "1", "Bundle.entry[0].fullUrl value")]
    public void The_address_of_an_entry_is_that_of_its_resource(string url, string id, string expected) =>
        Assert.Equal(expected, string.Join(";", BaseErrors(Bundle("collection", Entry(url, Patient(id))))));

    [Fact]
    public void An_address_stands_there_once_for_each_version()
    {
        var twice = Bundle("collection", Entry("http://a.org/fhir/Patient/1", Patient("1")), Entry("http://a.org/fhir/Patient/1", Patient("1")));
        Assert.Equal(["Bundle bdl-7"], BaseErrors(twice));
    }

    [Fact]
    public void What_has_no_address_breaks_nothing_outside_documents_and_messages() =>
        Assert.Empty(BaseErrors(Bundle("collection", """{"resource":{"resourceType":"Patient"} }""")));

    [Fact]
    public void Each_entry_is_judged() =>
        Assert.Equal(["Bundle.entry[0].resource.contact[0] pat-1"], BaseErrors(Bundle("collection", Entry("http://a.org/fhir/Patient/1", Patient("1", ""","contact":[{"gender":"male"}]""")))));

    [Fact]
    public void A_reference_agrees_with_the_entry_it_leads_to()
    {
        const string Group = """{"resourceType":"Group","id":"1","type":"person","actual":true}""";
        var bundle = Bundle("collection", Entry("http://a.org/fhir/Patient/1", Group), Entry("http://a.org/fhir/Patient/2", Patient("2", ""","link":[{"type":"seealso","other":{"reference":"Patient/1"}}]""")));
        Assert.Contains("Bundle.entry[1].resource.link[0].other.reference value", BaseErrors(bundle));
    }

    [Theory]
    [InlineData("Patient/1", "")]
    [InlineData("Patient/9", "Bundle.entry[0].resource.subject not-found")]
    public void A_document_holds_what_its_composition_refers_to(string subject, string expected)
    {
        var composition = $$"""
            {"resourceType":"Composition","id":"c","status":"final","type":{"text":"t"},"date":"2020-01-01","title":"t",
             "author":[{"display":"a"}],"subject":{"reference":"{{subject}}"} }
            """;
        var document = Bundle("document", Entry("http://a.org/fhir/Composition/c", composition), Entry("http://a.org/fhir/Patient/1", Patient("1")));
        document = document.Replace("\"entry\"", """ "timestamp":"2020-01-01T00:00:00Z","identifier":{"system":"urn:s","value":"1"},"entry" """, StringComparison.Ordinal);
        Assert.Equal(expected, string.Join(";", BaseErrors(document)));
    }

    [Theory]
    [InlineData("document", "bdl-11")]
    [InlineData("message", "bdl-12")]
    public void A_document_begins_with_its_composition_and_a_message_with_its_header(string type, string rule) =>
        Assert.Contains($"Bundle {rule}", BaseErrors(Bundle(type, Entry("http://a.org/fhir/Patient/1", Patient("1")))));
}
