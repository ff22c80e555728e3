using System.Text;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath;
using Fhir.Server.Core.Json;

namespace Fhir.Server.Core.Tests.FhirPath;

public sealed class SearchExpressionTests(ITestOutputHelper output)
{
    private static Element Example(string file) => Read(File.ReadAllText(Path.Combine(TestFolders.Data("r4-examples/json"), file)));

    private static Element Read(string json)
    {
        Assert.False(JsonReader.Read(Encoding.UTF8.GetBytes(json), DefinitionSet.R4).Failed(out var issue, out var root), issue?.Text);
        return root;
    }

    private static Element[] Find(string expression, Element focus, EvaluationContext? context = null)
    {
        Assert.False(CompiledExpression.CompileSearch(expression).Failed(out var issue, out var compiled), $"{expression}: {issue?.Text}");
        Assert.False(compiled.Evaluate(focus, context).Failed(out issue, out var found), $"{expression}: {issue?.Text}");
        return found;
    }

    private static string Expression(string type, string code) => DefinitionSet.R4.SearchParameter(type, code)!.Expression!;

    private static string Shown(Element e) =>
        e.Text ?? e["reference"].Text ?? e["value"].Text ?? e["code"].Text ?? e["family"].Text ?? e["start"].Text ?? (e["coding"].Exists ? Shown(e["coding"]) : e["text"].Text ?? e.Type);

    [Fact]
    public void Every_search_expression_of_R4_compiles()
    {
        var all = DefinitionSet.R4.ResourceTypes.SelectMany(DefinitionSet.R4.SearchParameters).Distinct().ToList();
        var expressions = all.SelectMany(p => p.Components.Select(c => c.Expression).Append(p.Expression)).OfType<string>().Distinct().ToList();
        Assert.True(expressions.Count > 1000);
        foreach (var expression in expressions)
            Assert.False(CompiledExpression.CompileSearch(expression).Failed(out var issue, out _), $"{expression}: {issue?.Text}");
    }

    [Fact]
    public void Every_path_of_a_search_expression_exists_on_its_type()
    {
        foreach (var type in DefinitionSet.R4.ResourceTypes)
            foreach (var parameter in DefinitionSet.R4.SearchParameters(type).Where(p => p.Expression is not null))
                Assert.False(CompiledExpression.CompileFor(DefinitionSet.R4.Type(type)!, parameter.Expression!).Failed(out var issue, out _), $"{type}.{parameter.Code}: {issue?.Text}");
    }

    [Fact]
    public void Every_search_expression_evaluates_on_every_example()
    {
        var (evaluated, found) = (0, new HashSet<string>(StringComparer.Ordinal));
        foreach (var file in Directory.EnumerateFiles(TestFolders.Data("r4-examples/json")))
        {
            if (JsonReader.Read(File.ReadAllBytes(file), DefinitionSet.R4).Failed(out _, out var root)) continue;
            foreach (var parameter in DefinitionSet.R4.SearchParameters(root.Type).Where(p => p.Expression is not null))
            {
                evaluated++;
                if (Find(parameter.Expression!, root).Length > 0) found.Add($"{root.Type}.{parameter.Code}");
            }
        }
        output.WriteLine($"{evaluated} evaluations, {found.Count} parameters found something.");
        Assert.True(found.Count >= 900, $"Only {found.Count} parameters found something in the examples.");
    }

    [Theory]
    [InlineData("Patient-example.json", "family", "Chalmers|Windsor")]
    [InlineData("Patient-example.json", "given", "Peter|James|Jim|Peter|James")]
    [InlineData("Patient-example.json", "phone", "(03) 5555 6473|(03) 3410 5613|(03) 5555 8834")]
    [InlineData("Patient-example.json", "email", "")]
    [InlineData("Patient-example.json", "deceased", "false")]
    [InlineData("Patient-example.json", "_id", "example")]
    [InlineData("Patient-example.json", "organization", "Organization/1")]
    [InlineData("Observation-f001.json", "patient", "Patient/f001")]
    [InlineData("Observation-f001.json", "value-quantity", "6.3")]
    [InlineData("Observation-f001.json", "value-string", "")]
    [InlineData("Observation-f001.json", "date", "2013-04-02T09:30:10+01:00")]
    [InlineData("Observation-blood-pressure.json", "component-value-quantity", "107|60")]
    [InlineData("Observation-blood-pressure.json", "combo-code", "85354-9|8480-6|8462-4")]
    [InlineData("Condition-example.json", "onset-date", "2012-05-24")]
    [InlineData("Condition-example.json", "onset-age", "")]
    [InlineData("AllergyIntolerance-example.json", "code", "227493005|1160593")]
    [InlineData("Encounter-f001.json", "practitioner", "Practitioner/f002")]
    [InlineData("Bundle-bundle-example.json", "message", "MedicationRequest")]
    [InlineData("MedicationRequest-medrx0302.json", "medication", "#med0320")]
    public void A_parameter_finds_what_the_example_has(string file, string code, string expected)
    {
        var root = Example(file);
        var found = Find(Expression(root.Type, code), root);
        Assert.Equal(expected, string.Join('|', found.Select(Shown)));
    }

    [Theory]
    [InlineData("""{"reference":"Patient/1"}""", true)]
    [InlineData("""{"reference":"Patient/1/_history/2"}""", true)]
    [InlineData("""{"reference":"https://elsewhere.example/fhir/Patient/1"}""", true)]
    [InlineData("""{"reference":"#p"}""", true)]
    [InlineData("""{"reference":"urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0","type":"Patient"}""", true)]
    [InlineData("""{"identifier":{"value":"x"},"type":"Patient"}""", true)]
    [InlineData("""{"reference":"Group/1"}""", false)]
    [InlineData("""{"reference":"#g"}""", false)]
    [InlineData("""{"reference":"#absent"}""", false)]
    [InlineData("""{"reference":"Patient"}""", false)]
    [InlineData("""{"reference":"urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"}""", false)]
    [InlineData("""{"display":"someone"}""", false)]
    public void A_reference_text_tells_its_type_without_reading_the_target(string subject, bool isPatient)
    {
        var observation = Read($$"""
            {"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{{subject}},
             "contained":[{"resourceType":"Patient","id":"p"},{"resourceType":"Group","id":"g","type":"person","actual":true}]}
            """);
        Assert.Equal(isPatient, Find(Expression("Observation", "patient"), observation).Length == 1);
    }

    [Fact]
    public void What_a_resolver_finds_goes_before_the_text()
    {
        var observation = Read("""{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"urn:uuid:1"}}""");
        var patient = Read("""{"resourceType":"Patient","id":"7"}""");
        var context = new EvaluationContext { Resolve = reference => reference == "urn:uuid:1" ? patient : null };
        Assert.Same(patient, Assert.Single(Find("subject.resolve()", observation, context)));
    }

    [Fact]
    public void An_entry_of_the_same_bundle_is_resolved_by_its_full_url()
    {
        var bundle = Read("""
            {"resourceType":"Bundle","type":"collection","entry":[
             {"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient","id":"7"}},
             {"fullUrl":"http://a.example/Group/2","resource":{"resourceType":"Group","id":"2","type":"person","actual":true}},
             {"resource":{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"urn:uuid:1"},"focus":[{"reference":"Group/2"}]}}]}
            """);
        Assert.Equal("7", Assert.Single(Find("entry[2].resource.subject.resolve().id", bundle)).Text);
        Assert.Equal("true", Assert.Single(Find("entry[2].resource.focus.resolve().actual", bundle)).Text);
    }

    [Fact]
    public void As_filters_in_a_search_expression_and_is_strict_elsewhere()
    {
        var bloodPressure = Example("Observation-blood-pressure.json");
        Assert.Equal(2, Find("(Observation.component.value as Quantity)", bloodPressure).Length);
        Assert.False(CompiledExpression.Compile("(Observation.component.value as Quantity)").Failed(out _, out var strict));
        Assert.True(strict.Evaluate(bloodPressure).Failed(out _, out _));
    }

    [Fact]
    public void A_failed_evaluation_adds_nothing()
    {
        Assert.False(CompiledExpression.Compile("name.given | name.single()").Failed(out _, out var expression));
        List<Element> found = [Element.None];
        Assert.NotNull(expression.Select(Example("Patient-example.json"), found));
        Assert.Single(found);
    }
}
