using System.Text;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Packages;

namespace Fhir.Server.Core.Tests.Packages;

public sealed class ConformanceTests
{
    private const string Url = "http://example.org/ValueSet/x";

    [Fact]
    public void Every_resource_of_R4_can_be_read()
    {
        string[] types = ["StructureDefinition", "ValueSet", "CodeSystem", "ConceptMap"];
        Assert.Equal([649, 1316, 1062, 19], types.Select(t => Conformance.R4.All(t).Count(r => r["url"].Text is not null)));
    }

    [Fact]
    public void R4_keeps_what_is_needed_to_validate_a_bundle()
    {
        var bundle = Conformance.R4.Find("StructureDefinition", "http://hl7.org/fhir/StructureDefinition/Bundle")!;
        var root = bundle["snapshot"]["element"];
        var rule = root.Each("constraint").Single(c => c["key"].Text == "bdl-7");
        Assert.StartsWith("(type = 'history') or entry.where(fullUrl.exists())", rule["expression"].Text, StringComparison.Ordinal);
        Assert.Equal("error", rule["severity"].Text);
        Assert.NotNull(rule["human"].Text);
        Assert.False(root["definition"].Exists);
        var type = bundle["snapshot"].Each("element").Single(e => e["id"].Text == "Bundle.type");
        Assert.Equal("http://hl7.org/fhir/ValueSet/bundle-type|4.0.1", type["binding"]["valueSet"].Text);
        var link = bundle["snapshot"].Each("element").Single(e => e["id"].Text == "Bundle.entry.link");
        Assert.Equal("#Bundle.link", link["contentReference"].Text);
    }

    [Fact]
    public void R4_keeps_the_words_of_codes()
    {
        var gender = Conformance.R4.Find("CodeSystem", "http://hl7.org/fhir/administrative-gender|4.0.1")!;
        Assert.Equal(["Male", "Female", "Other", "Unknown"], gender.Each("concept").Select(c => c["display"].Text));
        Assert.All(gender.Each("concept"), c => Assert.False(c["definition"].Exists));
    }

    [Fact]
    public void A_url_with_a_bar_in_it_is_found_too() =>
        Assert.Equal("0391", Conformance.R4.Find("CodeSystem", "http://terminology.hl7.org/CodeSystem/v2-0391|2.6")!["version"].Text);

    [Theory]
    [InlineData("1.9.0,1.10.0", "", "1.10.0")]
    [InlineData("2.0.0-beta.2,2.0.0-beta.11", "", "2.0.0-beta.11")]
    [InlineData("2.0.0,2.0.0-rc.1,1.9.9", "", "2.0.0")]
    [InlineData("20180812,2018-08-12", "2018-08-12", "2018-08-12")]
    [InlineData("2018-08-12,2018-12-01", "", "2018-12-01")]
    [InlineData("4.0.1,4.1.0,4.0.0", "4.0", "4.0.1")]
    [InlineData("4.0.1,4.0", "4.0", "4.0")]
    [InlineData("4.01.1", "4.0", null)]
    [InlineData("4.0.1", "4.0.2", null)]
    public void The_version_is_chosen_as_numbers(string loaded, string asked, string? found)
    {
        var conformance = Conformance.R4.With(loaded.Split(',').Select(ValueSet));
        Assert.Equal(found, conformance.Find("ValueSet", asked.Length == 0 ? Url : $"{Url}|{asked}")?["version"].Text);
    }

    [Fact]
    public void The_layer_on_top_wins_unless_another_version_is_asked_for()
    {
        const string Gender = "http://hl7.org/fhir/ValueSet/administrative-gender";
        var own = ValueSet("1.0", Gender);
        var conformance = Conformance.R4.With([own]);
        Assert.Same(own, conformance.Find("ValueSet", Gender));
        Assert.Equal("4.0.1", conformance.Find("ValueSet", $"{Gender}|4.0.1")!["version"].Text);
        var hiding = conformance.With([ValueSet("4.0.1", Gender)]);
        Assert.Equal(2, hiding.All("ValueSet").Count(v => v["url"].Text == Gender));
        Assert.Single(hiding.Urls("ValueSet"), Gender);
    }

    private static Element ValueSet(string version) => ValueSet(version, Url);

    private static Element ValueSet(string version, string url)
    {
        var json = $$"""{"resourceType":"ValueSet","url":"{{url}}","version":"{{version}}","status":"active"}""";
        return JsonReader.Read(Encoding.UTF8.GetBytes(json), DefinitionSet.R4).Failed(out var issue, out var read) ? throw new InvalidOperationException(issue.Text) : read;
    }
}
