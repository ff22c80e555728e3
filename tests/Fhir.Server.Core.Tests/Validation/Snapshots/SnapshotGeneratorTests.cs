using System.Text;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Packages;
using Fhir.Server.Core.Validation.Snapshots;

namespace Fhir.Server.Core.Tests.Validation.Snapshots;

public sealed class SnapshotGeneratorTests
{
    private const string Own = "http://example.org/StructureDefinition/";
    private const string Core = "http://hl7.org/fhir/StructureDefinition/";

    [Fact]
    public void A_reslice_begins_as_its_slice_and_stands_behind_it()
    {
        var snapshot = Made("Patient", """
            {"id":"Patient.identifier","path":"Patient.identifier","slicing":{"discriminator":[{"type":"value","path":"system"}],"rules":"open"}},
            {"id":"Patient.identifier:a","path":"Patient.identifier","sliceName":"a","max":"3","slicing":{"discriminator":[{"type":"value","path":"use"}],"rules":"open"}},
            {"id":"Patient.identifier:a.system","path":"Patient.identifier.system","min":1,"fixedUri":"http://a"},
            {"id":"Patient.identifier:b","path":"Patient.identifier","sliceName":"b"},
            {"id":"Patient.identifier:a/home","path":"Patient.identifier","sliceName":"a/home","max":"1"},
            {"id":"Patient.identifier:a/home.use","path":"Patient.identifier.use","min":1,"fixedCode":"home"}
            """);
        Assert.Equal(["a", "a/home", "b"], snapshot.Each("element").Where(e => e["path"].Text == "Patient.identifier").Select(e => e["sliceName"].Text).OfType<string>());
        Assert.Equal("http://a", Get(snapshot, "Patient.identifier:a/home.system")["fixed"].Text);
        Assert.Equal("1", Get(snapshot, "Patient.identifier:a/home")["max"].Text);
        Assert.Equal("use", Get(snapshot, "Patient.identifier:a")["slicing"]["discriminator"]["path"].Text);
        Assert.False(Get(snapshot, "Patient.identifier:a/home")["slicing"].Exists);
    }

    [Fact]
    public void An_element_that_refers_to_another_is_unfolded_as_R4_defines_that()
    {
        var snapshot = Made("Questionnaire", """
            {"path":"Questionnaire.item.text","min":1},
            {"path":"Questionnaire.item.item.item.prefix","max":"0"}
            """);
        Assert.Equal("0", Get(snapshot, "Questionnaire.item.item.item.prefix")["max"].Text);
        Assert.Equal("1", Get(snapshot, "Questionnaire.item.text")["min"].Text);
        Assert.Equal("0", Get(snapshot, "Questionnaire.item.item.text")["min"].Text);
        Assert.False(Get(snapshot, "Questionnaire.item.item")["contentReference"].Exists);
        Assert.Equal("BackboneElement", Get(snapshot, "Questionnaire.item.item")["type"]["code"].Text);
        Assert.Equal("#Questionnaire.item", Get(snapshot, "Questionnaire.item.item.item.item")["contentReference"].Text);
    }

    [Fact]
    public void A_shortcut_makes_a_slice_by_type_and_a_second_profile_finds_it()
    {
        var below = Profile("below", Core + "Observation", """{"id":"x","path":"Observation.valueQuantity","short":"q"},{"path":"Observation.valueQuantity.code","min":1}""");
        var above = Profile("above", Own + "below", """{"id":"Observation.value[x]:valueQuantity.unit","path":"Observation.value[x].unit","max":"0"}""");
        var snapshot = Made(above, Conformance.R4.With([below, above]));
        Assert.Equal("1", Get(snapshot, "Observation.value[x]:valueQuantity.code")["min"].Text);
        Assert.Equal("0", Get(snapshot, "Observation.value[x]:valueQuantity.unit")["max"].Text);
        Assert.Equal("open", Get(snapshot, "Observation.value[x]")["slicing"]["rules"].Text);
        Assert.Equal(11, Get(snapshot, "Observation.value[x]").Each("type").Count());
        Assert.Equal("Quantity.code", Get(snapshot, "Observation.value[x]:valueQuantity.code")["base"]["path"].Text);
    }

    [Fact]
    public void Constraints_add_up_by_key_and_a_binding_goes_with_its_type()
    {
        var snapshot = Made("Observation", """
            {"path":"Observation","constraint":[{"key":"x-1","severity":"error","human":"h"},{"key":"obs-6","severity":"warning","human":"other"}]},
            {"path":"Observation.code","binding":{"strength":"required","valueSet":"http://example.org/vs"}},
            {"path":"Observation.value[x]","type":[{"code":"boolean"}],"binding":{"strength":"required","valueSet":"http://example.org/vs"}}
            """);
        Assert.Equal("error", Get(snapshot, "Observation").Each("constraint").Single(c => c["key"].Text == "obs-6")["severity"].Text);
        Assert.Single(Get(snapshot, "Observation").Each("constraint"), c => c["key"].Text == "x-1");
        Assert.Equal("required", Get(snapshot, "Observation.code")["binding"]["strength"].Text);
        Assert.False(Get(snapshot, "Observation.value[x]")["binding"].Exists);
    }

    [Fact]
    public void Profiles_that_lead_into_each_other_end()
    {
        var reference = Profile("reference", Core + "Reference", $$"""{"path":"Reference.identifier.assigner","type":[{"code":"Reference","profile":["{{Own}}reference"]}]},{"path":"Reference.identifier.assigner.display","min":1}""", "Reference");
        var one = Profile("one", Own + "two", """{"path":"Patient.active","min":1}""");
        var two = Profile("two", Own + "one", """{"path":"Patient.active","min":1}""");
        var conformance = Conformance.R4.With([reference, one, two]);
        Assert.Equal("1", Get(Made(reference, conformance), "Reference.identifier.assigner.display")["min"].Text);
        Assert.True(Snapshot.Of(one, conformance).Failed(out _, out _));
        Assert.True(Snapshot.Of(two, conformance).Failed(out _, out _));
    }

    [Theory]
    [InlineData("Patient", "Patient.nothing", "constrains Patient.nothing: there is no such element.")]
    [InlineData("Patient", "Patient.nothing.inner", "constrains Patient.nothing.inner: its parent is unknown.")]
    [InlineData("Patient", "Patient.deceasedString", "there is no such element.")]
    [InlineData("Nothing", "Nothing.x", "is not loaded.")]
    public void What_cannot_be_made_is_said(string type, string path, string said)
    {
        Assert.True(Snapshot.Of(Profile("p", Core + type, $$"""{"path":"{{path}}","min":0}"""), Conformance.R4).Failed(out var issue, out _));
        Assert.EndsWith(said, issue.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_path_without_end_is_refused()
    {
        var path = string.Join('.', Enumerable.Repeat("extension", 100_000).Prepend("Patient"));
        Assert.True(Snapshot.Of(Profile("p", Core + "Patient", $$"""{"path":"{{path}}","min":0}"""), Conformance.R4).Failed(out _, out _));
    }

    private static Element Get(Element snapshot, string id) => snapshot.Each("element").Single(e => e["id"].Text == id);

    private static Element Made(string type, string differential) => Made(Profile("p", Core + type, differential), Conformance.R4);

    private static Element Made(Element profile, Conformance conformance) =>
        Snapshot.Of(profile, conformance).Failed(out var issue, out var snapshot) ? throw new InvalidOperationException(issue.Text) : snapshot;

    private static Element Profile(string name, string baseUrl, string differential, string type = "Patient")
    {
        var json = $$"""
            {"resourceType":"StructureDefinition","url":"{{Own}}{{name}}","name":"P","status":"draft","kind":"resource","abstract":false,"type":"{{type}}",
             "baseDefinition":"{{baseUrl}}","derivation":"constraint","differential":{"element":[{{differential}}] } }
            """;
        return JsonReader.Read(Encoding.UTF8.GetBytes(json), DefinitionSet.R4).Failed(out var issue, out var read) ? throw new InvalidOperationException(issue.Text) : read;
    }
}
