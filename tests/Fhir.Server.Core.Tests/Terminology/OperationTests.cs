using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Terminology;
using Fhir.Server.Core.Tests.Json;
using static Fhir.Server.Core.Tests.Terminology.Loaded;

namespace Fhir.Server.Core.Tests.Terminology;

/// <summary>Expand, lookup, subsumes and translate over small definitions; validate-code is held by HL7's own tests.</summary>
public sealed class OperationTests
{
    private static readonly Vocabulary Small = With(
        CodeSystem("urn:food", """
            {"code":"fruit","display":"Fruit","concept":[{"code":"apple","display":"Apple","definition":"Grows on trees","designation":[{"language":"nl","value":"Appel"}]},{"code":"pear","display":"Pear","property":[{"code":"status","valueCode":"retired"}]}]},
            {"code":"bread","display":"Bread"}
            """, """ "version":"3","name":"Food","language":"en", """),
        ValueSet("urn:all-food", """ "include":[{"system":"urn:food"}] """),
        ValueSet("urn:languages", """ "include":[{"system":"urn:ietf:bcp:47"}] """),
        """
        {"resourceType":"ConceptMap","url":"urn:map","version":"1","status":"active","sourceUri":"urn:all-food","targetUri":"urn:shop","group":[
          {"source":"urn:food","target":"urn:shop","element":[
            {"code":"apple","target":[{"code":"A1","equivalence":"wider"}]},
            {"code":"pear","target":[{"code":"P1","equivalence":"equal","dependsOn":[{"property":"urn:season","system":"urn:seasons","value":"autumn"}]}]},
            {"code":"fruit","target":[{"equivalence":"unmatched"}]}],
           "unmapped":{"mode":"fixed","code":"OTHER"}}]}
        """);

    [Theory]
    [InlineData("", "fruit(apple,pear),bread")]
    [InlineData("excludeNested=true", "fruit,apple,pear,bread")]
    [InlineData("filter=pp", "apple")]
    [InlineData("filter=app", "apple")]
    [InlineData("filter=Appel", "apple")]
    [InlineData("activeOnly=true", "fruit(apple),bread")]
    [InlineData("offset=1&count=2", "apple,pear")]
    [InlineData("count=0", "")]
    [InlineData("exclude-system=urn:food", "")]
    public void An_expansion_has_the_codes_that_were_asked_for(string parameters, string expected)
    {
        var expansion = Answer(Small.Expand(Ask($"url=urn:all-food&{parameters}")))["expansion"];
        Assert.Equal(expected, Codes(expansion));
    }

    [Fact]
    public void A_page_tells_how_many_there_are()
    {
        var expansion = Answer(Small.Expand(Ask("url=urn:all-food&offset=1&count=2")))["expansion"];
        Assert.Equal(("4", "1"), (expansion["total"].Text, expansion["offset"].Text));
    }

    [Theory]
    [InlineData("nl", "Appel")]
    [InlineData("fr", "Apple")]
    [InlineData("fr;q=0.2, nl", "Appel")]
    public void A_display_is_told_in_the_language_that_was_asked_for(string language, string expected)
    {
        var contains = Answer(Small.Expand(Ask($"url=urn:all-food&excludeNested=true&displayLanguage={language}")))["expansion"].Each("contains");
        Assert.Equal(expected, contains.Single(c => c["code"].Text == "apple")["display"].Text);
    }

    [Fact]
    public void What_has_no_end_is_too_costly()
    {
        Assert.True(Small.Expand(Ask("url=urn:languages")).Failed(out var issue, out _));
        Assert.Equal("too-costly", issue.Code);
    }

    [Fact]
    public void A_large_value_set_is_told_in_pages_only()
    {
        var codes = string.Join(',', Enumerable.Range(0, 1_001).Select(i => $$"""{"code":"c{{i}}"}"""));
        var vocabulary = With(CodeSystem("urn:large", codes), ValueSet("urn:vs", """ "include":[{"system":"urn:large"}] """));
        Assert.True(vocabulary.Expand(Ask("url=urn:vs")).Failed(out var issue, out _));
        Assert.Equal("too-costly", issue.Code);
        var page = Answer(vocabulary.Expand(Ask("url=urn:vs&offset=1000&count=50")))["expansion"];
        Assert.Equal("c1000", Codes(page));
    }

    [Theory]
    [InlineData("url=urn:nowhere")]
    [InlineData("url=urn:all-food&valueSetVersion=9")]
    public void A_value_set_that_is_not_loaded_is_not_found(string parameters)
    {
        Assert.True(Small.Expand(Ask(parameters)).Failed(out var issue, out _));
        Assert.Equal(IssueKind.NotFound, issue.Kind);
    }

    [Theory]
    [InlineData("child-of", "apple,pear")]
    [InlineData("descendent-leaf", "apple,pear")]
    public void Filters_of_R5_are_understood(string op, string expected)
    {
        var valueSet = $$""" "include":[{"system":"urn:food","filter":[{"property":"concept","op":"{{op}}","value":"fruit"}]}] """;
        Assert.Equal(expected, Codes(Answer(Small.With([Reading.Read(ValueSet("urn:vs", valueSet))]).Expand(Ask("url=urn:vs")))["expansion"]));
    }

    [Fact]
    public void A_value_set_may_draw_from_one_that_it_contains()
    {
        var valueSet = """
            {"resourceType":"ValueSet","url":"urn:vs","status":"active","contained":[{"resourceType":"ValueSet","id":"own","status":"active","compose":{"include":[{"system":"urn:food","concept":[{"code":"bread"}]}]}}],
             "compose":{"include":[{"valueSet":["#own"]}]}}
            """;
        Assert.Equal("bread", Codes(Answer(Small.With([Reading.Read(valueSet)]).Expand(Ask("url=urn:vs")))["expansion"]));
    }

    [Theory]
    [InlineData("code=bread&display=Bread", "true", "")]
    [InlineData("code=bread&display=bread", "true", "")]
    [InlineData("code=bread&display=Loaf", "false", "invalid-display")]
    [InlineData("code=bread&display=Loaf&lenient-display-validation=true", "true", "invalid-display")]
    [InlineData("code=stone", "false", "invalid-code,not-in-vs")]
    [InlineData("code=pear", "true", "code-comment")]
    public void A_code_is_judged_with_its_display_and_state(string parameters, string result, string kinds)
    {
        var answer = Answer(Small.ValidateInValueSet(Ask($"url=urn:all-food&system=urn:food&{parameters}")));
        var issues = answer.Each("parameter").SingleOrDefault(p => p["name"].Text == "issues")?["resource"].Each("issue").Select(i => i["details"]["coding"]["code"].Text) ?? [];
        Assert.Equal((result, kinds), (Value(answer, "result"), string.Join(',', issues.Order(StringComparer.Ordinal))));
    }

    [Fact]
    public void A_fragment_cannot_deny_a_code()
    {
        var vocabulary = With(CodeSystem("urn:part", """{"code":"a"}""").Replace("complete", "fragment", StringComparison.Ordinal), ValueSet("urn:vs", """ "include":[{"system":"urn:part"}] """));
        Assert.Equal("true", Value(Answer(vocabulary.ValidateInValueSet(Ask("url=urn:vs&system=urn:part&code=b"))), "result"));
    }

    [Fact]
    public void Lookup_tells_name_display_designations_and_place()
    {
        var answer = Answer(Small.Lookup(Ask("system=urn:food&code=apple&displayLanguage=nl")));
        Assert.Equal(("Food", "3", "Appel"), (Value(answer, "name"), Value(answer, "version"), Value(answer, "display")));
        var parent = answer.Each("parameter").Single(p => p["name"].Text == "property" && p.Each("part").Any(v => v["value"].Text == "parent"));
        Assert.Contains(parent.Each("part"), p => p["value"].Text == "fruit");
    }

    [Fact]
    public void Lookup_tells_only_the_properties_that_were_asked_for()
    {
        var answer = Answer(Small.Lookup(Ask("system=urn:food&code=pear&property=status")));
        var property = Assert.Single(answer.Each("parameter"), p => p["name"].Text == "property");
        Assert.Equal(["status", "retired"], property.Each("part").Select(p => p["value"].Text));
        Assert.DoesNotContain(answer.Each("parameter"), p => p["name"].Text == "designation");
    }

    [Theory]
    [InlineData("system=urn:food&code=stone")]
    [InlineData("system=urn:stones&code=apple")]
    public void Lookup_does_not_find_what_is_not_there(string parameters)
    {
        Assert.True(Small.Lookup(Ask(parameters)).Failed(out var issue, out _));
        Assert.Equal(IssueKind.NotFound, issue.Kind);
    }

    [Theory]
    [InlineData("fruit", "apple", "subsumes")]
    [InlineData("apple", "fruit", "subsumed-by")]
    [InlineData("apple", "apple", "equivalent")]
    [InlineData("apple", "pear", "not-subsumed")]
    public void Subsumes_tells_how_two_codes_stand(string a, string b, string expected) =>
        Assert.Equal(expected, Value(Answer(Small.Subsumes(Ask($"system=urn:food&codeA={a}&codeB={b}"))), "outcome"));

    [Theory]
    [InlineData("code=apple", "true", "wider A1")]
    [InlineData("code=bread", "true", "relatedto OTHER")]
    [InlineData("code=fruit", "false", "unmatched ")]
    [InlineData("code=pear", "false", "")]
    [InlineData("code=apple&targetsystem=urn:elsewhere", "false", "")]
    public void Translate_follows_the_map(string parameters, string result, string expected)
    {
        var answer = Answer(Small.Translate(Ask($"url=urn:map&system=urn:food&{parameters}")));
        Assert.Equal((result, expected), (Value(answer, "result"), string.Join(',', Matches(answer))));
    }

    [Fact]
    public void Translate_goes_back_too()
    {
        var answer = Answer(Small.Translate(Ask("url=urn:map&system=urn:shop&code=A1&reverse=true")));
        Assert.Equal(["narrower apple"], Matches(answer));
    }

    [Fact]
    public void A_mapping_with_a_condition_counts_when_the_condition_is_told()
    {
        var parameters = Reading.Read("""
            {"resourceType":"Parameters","parameter":[{"name":"url","valueUri":"urn:map"},{"name":"system","valueUri":"urn:food"},{"name":"code","valueCode":"pear"},
              {"name":"dependency","part":[{"name":"element","valueUri":"urn:season"},{"name":"concept","valueCodeableConcept":{"coding":[{"system":"urn:seasons","code":"autumn"}]}}]}]}
            """);
        Assert.Equal(["equal P1"], Matches(Answer(Small.Translate(new(parameters)))));
    }

    [Theory]
    [InlineData("22298006", "true")]
    [InlineData("73211009", "false")]
    public void Listed_codes_of_a_system_that_is_not_loaded_are_judged_by_the_list(string code, string expected)
    {
        var vocabulary = With(ValueSet("urn:listed", """ "include":[{"system":"http://snomed.info/sct","version":"http://snomed.info/sct/11000172109","concept":[{"code":"22298006","display":"Myocardial infarction"}]}] """));
        var answer = Answer(vocabulary.ValidateInValueSet(Ask($"url=urn:listed&system=http://snomed.info/sct&code={code}")));
        Assert.Equal(expected, Value(answer, "result"));
        Assert.Equal("22298006", Codes(Answer(vocabulary.Expand(Ask("url=urn:listed")))["expansion"]));
    }

    private static Question Ask(string query)
    {
        var parameters = Element.Of("Parameters");
        foreach (var pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split('=', 2)))
        {
            var parameter = parameters.Add("parameter");
            parameter.Add("name", pair[0]);
            parameter.Add("valueString", pair[1]);
        }
        return new(parameters);
    }

    private static Element Answer(Result<Element> result)
    {
        Assert.False(result.Failed(out var issue, out var answer), issue?.Text);
        return answer!;
    }

    private static string? Value(Element answer, string name) => answer.Each("parameter").Single(p => p["name"].Text == name)["value"].Text;

    private static string Codes(Element parent) => string.Join(',', parent.Each("contains").Select(c => c["code"].Text + (c["contains"].Exists ? $"({Codes(c)})" : "")));

    private static string[] Matches(Element answer) => [.. answer.Each("parameter").Where(p => p["name"].Text == "match").Select(m => $"{Part(m, "equivalence").Text} {Part(m, "concept")["code"].Text}")];

    private static Element Part(Element match, string name) => match.Each("part").FirstOrDefault(p => p["name"].Text == name)?["value"] ?? Element.None;
}
