using System.Text;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;
using Fhir.Server.Store.Search;

namespace Fhir.Server.Store.Tests.Search;

/// <summary>What the index keeps of a resource.</summary>
public sealed class IndexerTests
{
    private static readonly ParameterNumbers Numbers = new(DefinitionSet.R4, ParameterNumbers.Names(DefinitionSet.R4).Select((name, i) => KeyValuePair.Create(name, i + 1)), new byte[16]);
    private static readonly Indexer Indexer = new(Numbers, new ServerBases("http://localhost/fhir/"));

    private static Element Read(string json)
    {
        Assert.False(JsonReader.Read(Encoding.UTF8.GetBytes(json), DefinitionSet.R4).Failed(out var issue, out var resource), issue?.Text);
        return resource!;
    }

    private static int Of(string type, string code) => Numbers.Of(DefinitionSet.R4.SearchParameter(type, code)!);

    [Fact]
    public void T106_A_resource_is_in_the_compartment_of_every_patient_that_a_listed_parameter_names()
    {
        var appointment = Indexer.Extract(Read("""
            {"resourceType":"Appointment","status":"booked","participant":[{"actor":{"reference":"Patient/a"},"status":"accepted"},
            {"actor":{"reference":"http://localhost/fhir/Patient/b/_history/2"},"status":"accepted"},{"actor":{"reference":"http://other/fhir/Patient/c"},"status":"accepted"},
            {"actor":{"reference":"Practitioner/d"},"status":"accepted"}]}
            """));
        Assert.Equal(["Patient/a", "Patient/b"], appointment.Patients.Select(p => p.ToString()).Order(StringComparer.Ordinal));
        var focus = Indexer.Extract(Read("""{"resourceType":"Observation","status":"final","code":{"text":"x"},"focus":[{"reference":"Patient/a"}],"performer":[{"reference":"Patient/b"}]}"""));
        Assert.Equal(["Patient/b"], focus.Patients.Select(p => p.ToString()));
        var patient = Indexer.Extract(Read("""{"resourceType":"Patient","id":"a","link":[{"other":{"reference":"Patient/b"},"type":"seealso"}]}"""));
        Assert.Equal(["Patient/a"], patient.Patients.Select(p => p.ToString()));
    }

    [Fact]
    public void Rows_that_would_only_repeat_others_are_not_kept()
    {
        var entries = Indexer.Extract(Read("""
            {"resourceType":"Observation","status":"final","code":{"coding":[{"system":"s","code":"c"}]},"subject":{"reference":"Patient/p"},"component":[
            {"code":{"coding":[{"code":"k"}]},"valueQuantity":{"value":1.0,"unit":"mg"}},{"code":{"coding":[{"code":"k"}]},"valueQuantity":{"value":1.00,"unit":"mg"}}]}
            """));
        Assert.Equal([Of("Observation", "subject")], entries.References.Select(r => r.P));
        Assert.DoesNotContain(entries.Tokens, t => t.P == Of("Observation", "combo-code"));
        Assert.Equal(2, entries.Quantities.Count(q => q.P == Of("Observation", "component-value-quantity")));   // without a unit, and by "mg"
        foreach (var combo in DefinitionSet.R4.SearchParameters("Observation").Where(p => p.Code.StartsWith("combo-", StringComparison.Ordinal)))
        {
            var parts = new[] { combo.Code[6..], "component-" + combo.Code[6..] }.Select(code => DefinitionSet.R4.SearchParameter("Observation", code)!.Expression!);
            Assert.Equal(Pieces(combo.Expression!), Pieces(string.Join(" | ", parts)));
        }
    }

    private static IEnumerable<string> Pieces(string expression) => expression.Split(" | ").Order(StringComparer.Ordinal);

    [Fact]
    public void T79_An_element_with_only_extensions_has_no_value()
    {
        var bit = 1L << DefinitionSet.R4.SearchParameters("Patient").Select(p => p.Code).ToList().IndexOf("birthdate");
        Assert.Equal(0, Indexer.Extract(Read("""{"resourceType":"Patient","_birthDate":{"extension":[{"url":"http://x","valueBoolean":true}]}}""")).Has & bit);
        Assert.Equal(bit, Indexer.Extract(Read("""{"resourceType":"Patient","birthDate":"1980"}""")).Has & bit);
        Assert.True(DefinitionSet.R4.ResourceTypes.All(t => DefinitionSet.R4.SearchParameters(t).Count <= 63));
    }

    [Fact]
    public void Every_official_example_is_indexed()
    {
        var (rows, files) = (0, Directory.GetFiles(Searching.Data("r4-examples/json")));
        foreach (var file in files)
        {
            Assert.False(JsonReader.Read(File.ReadAllBytes(file), DefinitionSet.R4).Failed(out _, out var resource), file);
            var entries = Indexer.Extract(resource!);
            rows += entries.Tokens.Count + entries.References.Count + entries.ExternalReferences.Count + entries.Dates.Count + entries.Quantities.Count + entries.Strings.Count;
            Assert.True(entries.ExternalReferences.All(r => r.T < 0), file);
        }
        Assert.True(files.Length > 700 && rows > 12_000, $"{files.Length} files, {rows} rows");
    }
}
