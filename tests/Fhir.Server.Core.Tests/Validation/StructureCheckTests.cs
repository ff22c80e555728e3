using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Tests.Json;
using Fhir.Server.Core.Validation;

namespace Fhir.Server.Core.Tests.Validation;

public sealed class StructureCheckTests
{
    /// <summary>Official examples that break R4's own rules, and how.</summary>
    private static readonly Dictionary<string, string> WrongExamples = new()
    {
        ["Questionnaire-qs1.json"] = "Questionnaire.item[0].item[0].linkId",                 // required, but not there
    };

    [Fact]
    public void The_official_examples_pass_but_for_those_that_are_wrong_themselves()
    {
        var wrong = OfficialExamplesTests.Files()
            .Select(file => (Name: Path.GetFileName(file), Issues: StructureCheck.Check(Reading.Read(File.ReadAllBytes(file)))))
            .Where(example => example.Issues.Count > 0)
            .ToDictionary(example => example.Name, example => example.Issues[0].Where!);
        Assert.Equal(WrongExamples.OrderBy(w => w.Key), wrong.OrderBy(w => w.Key));
    }

    [Fact]
    public void The_synthetic_patient_bundles_pass() =>
        Assert.All(Directory.GetFiles(TestFolders.Data("synthea"), "*.json"), file => Assert.Empty(StructureCheck.Check(Reading.Read(File.ReadAllBytes(file)))));

    [Theory]
    [InlineData("""{"resourceType":"Observation","status":"final"}""", "Observation.code", "required")]
    [InlineData("""{"resourceType":"Patient","link":[{"type":"seealso"}]}""", "Patient.link[0].other", "required")]
    [InlineData("""{"resourceType":"Patient","gender":"Male"}""", "Patient.gender", "code-invalid")]
    [InlineData("""{"resourceType":"AllergyIntolerance","patient":{"reference":"Patient/1"},"clinicalStatus":{"coding":[{"system":"http://snomed.info/sct","code":"active"}]}}""", "AllergyIntolerance.clinicalStatus", "code-invalid")]
    [InlineData("""{"resourceType":"Patient","extension":[{"url":"http://a"}]}""", "Patient.extension[0]", "invariant")]
    [InlineData("""{"resourceType":"Patient","extension":[{"url":"http://a","valueCode":"a","extension":[{"url":"b","valueCode":"c"}]}]}""", "Patient.extension[0]", "invariant")]
    public void Cardinality_codes_and_extensions_are_checked(string json, string where, string code)
    {
        var issue = Assert.Single(StructureCheck.Check(Reading.Read(json)));
        Assert.Equal((where, code), (issue.Where, issue.Code));
    }

    [Theory]
    [InlineData("""{"resourceType":"Patient","gender":"male","_gender":{"id":"g"}}""")]
    [InlineData("""{"resourceType":"Patient","_gender":{"extension":[{"url":"http://a","valueCode":"x"}]}}""")]
    [InlineData("""{"resourceType":"AllergyIntolerance","patient":{"reference":"Patient/1"},"clinicalStatus":{"coding":[{"system":"urn:own","code":"x"},{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical","code":"active"}]}}""")]
    [InlineData("""{"resourceType":"Binary","contentType":"application/pdf","data":"JVBE Ri0=\r\n"}""")]
    public void What_R4_allows_passes(string json) => Assert.Empty(StructureCheck.Check(Reading.Read(json)));

    [Theory]
    [InlineData("multipleBirthInteger", "2147483648"), InlineData("multipleBirthInteger", "1.0"), InlineData("multipleBirthInteger", "1e2"), InlineData("multipleBirthInteger", "-0")]
    public void T109_Integers_are_whole_numbers_of_32_bits(string name, string number) =>
        Assert.Equal("Patient.multipleBirth", Assert.Single(StructureCheck.Check(Reading.Read($$"""{"resourceType":"Patient","{{name}}":{{number}}}"""))).Where);

    [Fact]
    public void T109_A_positiveInt_is_not_0() =>
        Assert.Equal("Patient.telecom[0].rank", Assert.Single(StructureCheck.Check(Reading.Read("""{"resourceType":"Patient","telecom":[{"rank":0}]}"""))).Where);

    [Theory]
    [InlineData("""{"resourceType":"Patient","contained":[{"resourceType":"Organization","name":"x"}]}""", "Patient.contained[0].id")]
    [InlineData("""{"resourceType":"Patient","contained":[{"resourceType":"Organization","id":"o"}]}""", "Patient.contained[0]")]
    [InlineData("""{"resourceType":"Patient","managingOrganization":{"reference":"#o"},"contained":[{"resourceType":"Organization","id":"o","contained":[{"resourceType":"Location","id":"l","managingOrganization":{"reference":"#"}}]}]}""", "Patient.contained[0].contained[0]")]
    [InlineData("""{"resourceType":"Patient","managingOrganization":{"reference":"#o"},"contained":[{"resourceType":"Organization","id":"o","meta":{"versionId":"1"}}]}""", "Patient.contained[0].meta")]
    [InlineData("""{"resourceType":"Patient","managingOrganization":{"reference":"#x"},"contained":[{"resourceType":"Location","id":"o","managingOrganization":{"reference":"#"}}]}""", "Patient.managingOrganization.reference")]
    public void T114_Contained_resources_have_an_id_are_referred_to_and_contain_none(string json, string where) =>
        Assert.Contains(where, StructureCheck.Check(Reading.Read(json)).Select(i => i.Where));

    [Fact]
    public void T114_A_contained_resource_that_is_referred_to_passes() => Assert.Empty(StructureCheck.Check(Reading.Read(
        """{"resourceType":"Patient","managingOrganization":{"reference":"#o"},"contained":[{"resourceType":"Organization","id":"o","partOf":{"reference":"#o2"}},{"resourceType":"Organization","id":"o2"}]}""")));

    [Theory]
    [InlineData("1980-02-30"), InlineData("1980-1-1"), InlineData("1980-01-01T00:00:00Z"), InlineData("01-02-1980")]
    public void T117_Dates_exist_and_are_no_dateTimes(string date) =>
        Assert.Equal("Patient.birthDate", Assert.Single(StructureCheck.Check(Reading.Read($$"""{"resourceType":"Patient","birthDate":"{{date}}"}"""))).Where);

    [Fact]
    public void T117_Offset_and_precision_stay_as_sent()
    {
        var root = Reading.Read("""{"resourceType":"Patient","deceasedDateTime":"2020-02-29T24:00:00+01:00"}""");
        Assert.Equal("Patient.deceased", Assert.Single(StructureCheck.Check(root)).Where);
        root = Reading.Read("""{"resourceType":"Patient","deceasedDateTime":"2020-02-29T09:00:00.1200+05:30"}""");
        Assert.Empty(StructureCheck.Check(root));
        Assert.Equal("2020-02-29T09:00:00.1200+05:30", root["deceased"].Text);
    }

    [Fact]
    public void T118_Control_characters_are_refused_and_one_megabyte_is_the_most()
    {
        Assert.Equal("Patient.name[0].family", Assert.Single(StructureCheck.Check(Reading.Read("""{"resourceType":"Patient","name":[{"family":"a\u0001b"}]}"""))).Where);
        Assert.Empty(StructureCheck.Check(Reading.Read("""{"resourceType":"Patient","name":[{"family":"a\tb\r\nc"}]}""")));
        Assert.Empty(StructureCheck.Check(Named(new string('x', 1024 * 1024))));
        Assert.Single(StructureCheck.Check(Named(new string('x', (1024 * 1024) + 1))));
    }

    [Theory]
    [InlineData("JVBERi0"), InlineData("JVBE*i0="), InlineData("=JVB"), InlineData("JVBERi0==")]
    public void T119_Broken_base64_is_refused(string data) =>
        Assert.Equal("Binary.data", Assert.Single(StructureCheck.Check(Reading.Read($$"""{"resourceType":"Binary","contentType":"application/pdf","data":"{{data}}"}"""))).Where);

    [Fact]
    public void T120_A_choice_has_one_type()
    {
        var patient = Element.Of("Patient");
        patient.Add("deceasedBoolean", "true");
        patient.Add("deceasedDateTime", "2020");
        Assert.Equal("Patient.deceased", Assert.Single(StructureCheck.Check(patient)).Where);
    }

    [Theory]
    [InlineData("Jan Jansen"), InlineData("Patient/a_b"), InlineData("patient/1"), InlineData("/Patient/1"), InlineData("Patient?identifier=1"), InlineData("#p")]
    public void A_reference_has_one_of_its_forms(string reference) =>
        Assert.Equal("Account.subject[0].reference", Assert.Single(StructureCheck.Check(Reading.Read(
            $$"""{"resourceType":"Account","status":"active","subject":[{"reference":"{{reference}}"}]}"""))).Where);

    [Theory]
    [InlineData("Patient/1"), InlineData("Patient/1/_history/4"), InlineData("http://other/Account/1"), InlineData("urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"), InlineData("http://other/where?else=1")]
    public void References_in_every_form_pass(string reference) =>
        Assert.Empty(StructureCheck.Check(Reading.Read($$"""{"resourceType":"Account","status":"active","subject":[{"reference":"{{reference}}"}]}""")));

    [Fact]
    public void A_conditional_reference_stands_in_a_bundle() => Assert.Empty(StructureCheck.Check(Reading.Read(
        """{"resourceType":"Bundle","type":"transaction","entry":[{"resource":{"resourceType":"Account","status":"active","subject":[{"reference":"Patient?identifier=s|1"}]},"request":{"method":"POST","url":"Account"}}]}""")));

    [Fact]
    public void T121_Reference_type_agrees_with_the_reference() =>
        Assert.Equal("Account.subject[0].type", Assert.Single(StructureCheck.Check(Reading.Read(
            """{"resourceType":"Account","status":"active","subject":[{"reference":"Patient/1","type":"Device"}]}"""))).Where);

    [Fact]
    public void Each_resource_of_a_bundle_is_checked_with_its_own_contained_ones()
    {
        var bundle = Reading.Read("""{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Patient","managingOrganization":{"reference":"#o"},"contained":[{"resourceType":"Organization","id":"o"}]}},{"resource":{"resourceType":"Patient","managingOrganization":{"reference":"#o"}}}]}""");
        Assert.Equal("Bundle.entry[1].resource.managingOrganization.reference", Assert.Single(StructureCheck.Check(bundle)).Where);
    }

    [Fact]
    public void A_tree_made_by_hand_is_checked_for_what_the_reader_would_refuse()
    {
        var patient = Element.Of("Patient");
        patient.Add(Element.Of("HumanName"));
        patient.Add(new Element("gender", Core.Definitions.DefinitionSet.R4.Type("string")!, "male"));
        patient.Add("maritalStatus");
        patient.Add("birthDate");
        Assert.Equal(["Patient.HumanName", "Patient.gender", "Patient.maritalStatus", "Patient.birthDate"], StructureCheck.Check(patient).Select(i => i.Where));
    }

    [Fact]
    public void No_issue_repeats_a_value()
    {
        var issues = StructureCheck.Check(Reading.Read("""{"resourceType":"Patient","id":"geheim geheim","gender":"geheim","birthDate":"geheim","language":" geheim","managingOrganization":{"reference":"geheim"},"photo":[{"data":"geheim"}],"text":{"status":"geheim","div":"geheim"}}"""));
        Assert.Equal(8, issues.Count);
        Assert.All(issues, issue => Assert.DoesNotContain("geheim", issue.Text + issue.Where, StringComparison.Ordinal));
    }

    private static Element Named(string family)
    {
        var patient = Element.Of("Patient");
        patient.Add("name").Add("family", family);
        return patient;
    }
}
