using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Terminology;
using static Fhir.Server.Core.Tests.Terminology.Loaded;

namespace Fhir.Server.Core.Tests.Terminology;

public sealed class VocabularyTests
{
    private static readonly string Animals = CodeSystem("urn:animals", """
        {"code":"animal","property":[{"code":"notSelectable","valueBoolean":true}],"concept":[
          {"code":"dog","display":"Dog","property":[{"code":"legs","valueInteger":4}],"concept":[{"code":"puppy","property":[{"code":"legs","valueInteger":4}]}]},
          {"code":"bird","property":[{"code":"legs","valueInteger":2},{"code":"flies","valueBoolean":true}]},
          {"code":"dodo","property":[{"code":"legs","valueInteger":2},{"code":"inactive","valueBoolean":true}]}]},
        {"code":"bat","property":[{"code":"parent","valueCode":"bird"}]}
        """);

    [Theory]
    [InlineData("is-a", "concept", "dog", "dog puppy")]
    [InlineData("descendent-of", "concept", "dog", "puppy")]
    [InlineData("is-not-a", "concept", "dog", "animal bird dodo bat")]
    [InlineData("is-a", "concept", "bird", "bird bat")]
    [InlineData("generalizes", "concept", "puppy", "animal dog puppy")]
    [InlineData("=", "legs", "2", "bird dodo")]
    [InlineData("in", "legs", "2,4", "dog puppy bird dodo")]
    [InlineData("not-in", "legs", "2", "animal dog puppy bat")]
    [InlineData("exists", "flies", "true", "bird")]
    [InlineData("exists", "flies", "false", "animal dog puppy dodo bat")]
    [InlineData("regex", "code", "d.", "")]
    [InlineData("regex", "code", "d.*", "dog dodo")]
    [InlineData("=", "parent", "bird", "bat")]
    public void A_filter_lets_in_what_its_operator_says(string op, string property, string value, string expected)
    {
        var filtered = ValueSet("urn:vs", $$"""
            "include":[{"system":"urn:animals","filter":[{"property":"{{property}}","op":"{{op}}","value":"{{value}}"}]}]
            """);
        var vocabulary = With(Animals, filtered);
        var found = new[] { "animal", "dog", "puppy", "bird", "dodo", "bat" }.Where(c => vocabulary.Contains("urn:vs", "urn:animals", null, c) == Membership.In);
        Assert.Equal(expected, string.Join(' ', found));
        Assert.Equal(Membership.Out, vocabulary.Contains("urn:vs", "urn:animals", null, "cat"));
    }

    [Theory]
    [InlineData("dog", Membership.Out)]
    [InlineData("bird", Membership.In)]
    [InlineData("cat", Membership.Out)]
    public void Exclude_takes_out_what_include_let_in(string code, Membership expected)
    {
        var vocabulary = With(Animals, ValueSet("urn:vs", """ "include":[{"system":"urn:animals"}],"exclude":[{"system":"urn:animals","concept":[{"code":"dog"}]}] """));
        Assert.Equal(expected, vocabulary.Contains("urn:vs", "urn:animals", null, code));
        Assert.Equal(expected, vocabulary.Contains("urn:vs", null, null, code));
    }

    [Fact]
    public void All_value_sets_of_one_include_must_have_the_code()
    {
        var vocabulary = With(Animals,
            ValueSet("urn:four", """ "include":[{"system":"urn:animals","filter":[{"property":"legs","op":"=","value":"4"}]}] """),
            ValueSet("urn:listed", """ "include":[{"system":"urn:animals","concept":[{"code":"dog"},{"code":"bird"}]}] """),
            ValueSet("urn:both", """ "include":[{"valueSet":["urn:four","urn:listed"]}] """),
            ValueSet("urn:half", """ "include":[{"valueSet":["urn:four","urn:nowhere"]}] """));
        Assert.Equal(Membership.In, vocabulary.Contains("urn:both", "urn:animals", null, "dog"));
        Assert.Equal(Membership.Out, vocabulary.Contains("urn:both", "urn:animals", null, "bird"));
        Assert.Equal(Membership.Unknown, vocabulary.Contains("urn:half", "urn:animals", null, "dog"));
        Assert.Equal(Membership.Out, vocabulary.Contains("urn:half", "urn:animals", null, "bird"));
    }

    [Fact]
    public void What_is_not_loaded_is_unknown_and_never_wrong()
    {
        var vocabulary = With(Animals,
            ValueSet("urn:snomed", """ "include":[{"system":"http://snomed.info/sct","filter":[{"property":"concept","op":"is-a","value":"1"}]}] """),
            ValueSet("urn:listed", """ "include":[{"system":"http://snomed.info/sct","concept":[{"code":"22298006"}]}] """));
        Assert.Equal(Membership.Unknown, vocabulary.Contains("urn:snomed", "http://snomed.info/sct", null, "22298006"));
        Assert.Equal(Membership.Out, vocabulary.Contains("urn:snomed", "urn:animals", null, "dog"));
        Assert.Equal(Membership.In, vocabulary.Contains("urn:listed", "http://snomed.info/sct", null, "22298006"));
        Assert.Equal(Membership.Out, vocabulary.Contains("urn:listed", "http://snomed.info/sct", null, "73211009"));
        Assert.Equal(Membership.Unknown, vocabulary.Contains("urn:nowhere", "urn:animals", null, "dog"));
        Assert.Equal(Membership.Unknown, vocabulary.IsCode("http://loinc.org", null, "8480-6"));
    }

    [Fact]
    public void A_fragment_knows_what_it_has_and_nothing_of_the_rest()
    {
        var vocabulary = With(Animals.Replace("complete", "fragment", StringComparison.Ordinal));
        Assert.Equal(Membership.In, vocabulary.IsCode("urn:animals", null, "dog"));
        Assert.Equal(Membership.Unknown, vocabulary.IsCode("urn:animals", null, "cat"));
    }

    [Fact]
    public void Case_counts_only_where_the_code_system_says_so()
    {
        var vocabulary = With(Animals, CodeSystem("urn:any", """{"code":"Yes"}""").Replace("\"caseSensitive\":true", "\"caseSensitive\":false", StringComparison.Ordinal));
        Assert.Equal(Membership.Out, vocabulary.IsCode("urn:animals", null, "Dog"));
        Assert.Equal(Membership.In, vocabulary.IsCode("urn:any", null, "yes"));
    }

    [Fact]
    public void Value_sets_that_go_round_are_an_issue()
    {
        var vocabulary = With(ValueSet("urn:a", """ "include":[{"valueSet":["urn:b"]}] """), ValueSet("urn:b", """ "include":[{"valueSet":["urn:a"]}] """));
        Assert.True(vocabulary.Compile("urn:a").Failed(out var issue, out _));
        Assert.Equal(IssueKind.Invalid, issue.Kind);
        Assert.Equal(Membership.Unknown, vocabulary.Contains("urn:a", null, null, "x"));
    }

    [Fact]
    public void A_code_system_can_name_the_value_set_of_all_its_codes()
    {
        var vocabulary = With(CodeSystem("urn:animals", """{"code":"dog"}""", """ "valueSet":"urn:all-animals", """));
        Assert.Equal(Membership.In, vocabulary.Contains("urn:all-animals", "urn:animals", null, "dog"));
        Assert.Equal(Membership.Out, vocabulary.Contains("urn:all-animals", null, null, "cat"));
        Assert.Equal(Membership.In, vocabulary.Contains("urn:animals?fhir_vs", "urn:animals", null, "dog"));
    }

    [Fact]
    public void A_value_set_can_leave_inactive_codes_out()
    {
        var vocabulary = With(Animals, ValueSet("urn:vs", """ "inactive":false,"include":[{"system":"urn:animals"}] """));
        Assert.Equal(Membership.Out, vocabulary.Contains("urn:vs", "urn:animals", null, "dodo"));
        Assert.Equal(Membership.In, vocabulary.Contains("urn:vs", "urn:animals", null, "dog"));
    }

    [Fact]
    public void Versions_of_a_code_system_are_kept_apart()
    {
        var old = CodeSystem("urn:v", """{"code":"a"},{"code":"old"}""", """ "version":"1.9.0", """);
        var vocabulary = With(old, CodeSystem("urn:v", """{"code":"a"},{"code":"new"}""", """ "version":"1.10.0", """),
            ValueSet("urn:vs-old", """ "include":[{"system":"urn:v","version":"1.9.0"}] """), ValueSet("urn:vs", """ "include":[{"system":"urn:v"}] """));
        Assert.Equal(Membership.In, vocabulary.Contains("urn:vs-old", "urn:v", null, "old"));
        Assert.Equal(Membership.Out, vocabulary.Contains("urn:vs-old", "urn:v", "1.10.0", "new"));
        Assert.Equal(Membership.Out, vocabulary.Contains("urn:vs-old", "urn:v", "1.10.0", "a"));
        Assert.Equal(Membership.In, vocabulary.IsCode("urn:v", "1.9.0", "old"));
        Assert.Equal(Membership.Unknown, vocabulary.IsCode("urn:v", "3", "other"));
        Assert.Equal(Membership.In, vocabulary.Contains("urn:vs", "urn:v", "1.10.0", "new"));
    }

    [Theory]
    [InlineData("urn:ietf:bcp:47", "nl-BE", Membership.In)]
    [InlineData("urn:ietf:bcp:47", "zh-Hant-HK", Membership.In)]
    [InlineData("urn:ietf:bcp:47", "sl-rozaj-biske-1994", Membership.In)]
    [InlineData("urn:ietf:bcp:47", "x-own", Membership.In)]
    [InlineData("urn:ietf:bcp:47", "qq", Membership.Out)]
    [InlineData("urn:ietf:bcp:47", "nl-QQ", Membership.Out)]
    [InlineData("urn:ietf:bcp:47", "nl_BE", Membership.Out)]
    [InlineData("urn:ietf:bcp:47", "Nederlands", Membership.Out)]
    [InlineData("urn:ietf:bcp:13", "text/plain; charset=utf-8", Membership.In)]
    [InlineData("urn:ietf:bcp:13", "application/fhir+json", Membership.In)]
    [InlineData("urn:ietf:bcp:13", "text", Membership.Out)]
    [InlineData("urn:ietf:bcp:13", "text/plain; charset", Membership.Out)]
    [InlineData("urn:iso:std:iso:3166", "BE", Membership.In)]
    [InlineData("urn:iso:std:iso:3166", "BEL", Membership.In)]
    [InlineData("urn:iso:std:iso:3166", "056", Membership.In)]
    [InlineData("urn:iso:std:iso:3166", "UK", Membership.Out)]
    [InlineData("urn:iso:std:iso:3166:-2", "BE-VAN", Membership.In)]
    [InlineData("urn:iso:std:iso:3166:-2", "QQ-1", Membership.Out)]
    [InlineData("urn:iso:std:iso:4217", "EUR", Membership.In)]
    [InlineData("urn:iso:std:iso:4217", "Euro", Membership.Out)]
    [InlineData("http://unitsofmeasure.org", "mg/dL", Membership.In)]
    [InlineData("http://unitsofmeasure.org", "milligram", Membership.Out)]
    public void Open_ended_systems_are_checked_by_rule(string system, string code, Membership expected)
    {
        var vocabulary = With(ValueSet("urn:vs", $$""" "include":[{"system":"{{system}}"}] """));
        Assert.Equal(expected, vocabulary.IsCode(system, null, code));
        Assert.Equal(expected, vocabulary.Contains("urn:vs", system, null, code));
    }

    [Fact]
    public void A_hostile_pattern_takes_no_time()
    {
        var code = new string('a', 40) + "!";
        Quick.Within(2, () =>
        {
            var vocabulary = With(CodeSystem("urn:c", $$"""{"code":"{{code}}"}"""),
                ValueSet("urn:vs", """ "include":[{"system":"urn:c","filter":[{"property":"code","op":"regex","value":"(a+)+$"}]}] """));
            Assert.Equal(Membership.Out, vocabulary.Contains("urn:vs", "urn:c", null, code));
        });
    }

    [Fact]
    public void Names_that_callers_make_up_share_what_they_mean_or_are_not_kept()
    {
        var vocabulary = With(Animals, ValueSet("urn:vs", """ "include":[{"system":"urn:animals"}] """));
        Assert.Same(Compiled("urn:animals?fhir_vs"), Compiled("urn:animals?fhir_vs|9"));
        Assert.NotSame(Compiled("urn:animals?fhir_vs=isa/dog"), Compiled("urn:animals?fhir_vs=isa/dog"));
        Assert.Same(vocabulary.Systems.Find("urn:animals"), vocabulary.Systems.Find("urn:animals"));

        object Compiled(string name) => vocabulary.Compile(name).Failed(out var issue, out var compiled) ? throw new InvalidOperationException(issue.Text) : compiled;
    }

    [Fact]
    public void Asking_a_compiled_value_set_makes_no_garbage()
    {
        var vocabulary = With(Animals, ValueSet("urn:vs", """ "include":[{"system":"urn:animals"}] """));
        Assert.False(vocabulary.Compile("urn:vs").Failed(out _, out var compiled));
        compiled!.Contains("urn:animals", null, "dog");
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++) compiled.Contains("urn:animals", null, i % 2 == 0 ? "dog" : "cat");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10_000);   // the runtime may need a little of its own; one object a question would be more
    }
}
