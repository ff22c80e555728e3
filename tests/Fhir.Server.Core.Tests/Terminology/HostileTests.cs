using System.Diagnostics;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Terminology;
using Fhir.Server.Core.Terminology.ValueSets;
using Fhir.Server.Core.Tests.Json;
using static Fhir.Server.Core.Tests.Terminology.Loaded;

namespace Fhir.Server.Core.Tests.Terminology;

/// <summary>Definitions that anybody may send: none of them keeps the house busy, or brings it down.</summary>
public sealed class HostileTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);   // what is hostile would take for ever; a busy machine takes a while

    [Fact]
    public void Imports_that_double_at_each_step_are_too_costly()
    {
        var chain = Enumerable.Range(0, 30).Select(i => ValueSet($"urn:vs{i}", $$""" "include":[{"valueSet":["urn:vs{{i + 1}}"]},{"valueSet":["urn:vs{{i + 1}}"]}] """));
        var vocabulary = With([.. chain, ValueSet("urn:vs30", """ "include":[{"system":"urn:c"}] """), CodeSystem("urn:c", """{"code":"a"}""")]);
        Assert.Equal("too-costly", Quickly(() => Code(vocabulary.Expand(Ask("urn:vs0")))));
        Assert.Equal(Membership.Unknown, vocabulary.Contains("urn:vs0", "urn:c", null, "a"));
        Assert.Null(Code(vocabulary.Expand(Ask("urn:vs25"))));
    }

    [Fact]
    public void A_deep_hierarchy_is_walked_once_and_told_in_pieces()
    {
        var concepts = string.Join(',', Enumerable.Range(0, 9_000).Select(i => $$"""{"code":"c{{i}}","property":[{"code":"parent","valueCode":"c{{i - 1}}"}]}"""));
        var vocabulary = With(CodeSystem("urn:deep", concepts), ValueSet("urn:vs", """ "include":[{"system":"urn:deep","filter":[{"property":"concept","op":"is-a","value":"c8100"}]}] """));
        var expanded = Quickly(() => vocabulary.Expand(Ask("urn:vs")));
        Assert.False(expanded.Failed(out var issue, out var valueSet), issue?.Text);
        var json = JsonWriter.Write(valueSet!);
        Assert.Equal("900", Reading.Read(json)["expansion"]["total"].Text);
    }

    [Fact]
    public void A_hierarchy_that_goes_round_is_cut()
    {
        var vocabulary = With(CodeSystem("urn:round", """
            {"code":"a","property":[{"code":"parent","valueCode":"b"}]},{"code":"b","property":[{"code":"parent","valueCode":"c"}]},{"code":"c","property":[{"code":"parent","valueCode":"a"}]}
            """), ValueSet("urn:vs", """ "include":[{"system":"urn:round"}] """));
        Assert.False(Quickly(() => vocabulary.Expand(Ask("urn:vs"))).Failed(out _, out var valueSet));
        var told = new List<string?>();
        for (var open = new Stack<Element>(valueSet!["expansion"].Each("contains")); open.TryPop(out var one);)
        {
            told.Add(one["code"].Text);
            foreach (var below in one.Each("contains")) open.Push(below);
        }
        Assert.Equal(["a", "b", "c"], told.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("(?=a)a", "not-supported")]
    [InlineData("(a)\\\\1", "not-supported")]
    [InlineData("(a{900}){900}", "not-supported")]
    [InlineData("(a", "invalid")]
    public void Patterns_that_cannot_be_matched_quickly_are_refused(string pattern, string code)
    {
        var vocabulary = With(CodeSystem("urn:c", """{"code":"a"}"""), ValueSet("urn:vs", $$""" "include":[{"system":"urn:c","filter":[{"property":"code","op":"regex","value":"{{pattern}}"}]}] """));
        Assert.Equal(code, Quickly(() => Code(vocabulary.Expand(Ask("urn:vs")))));
    }

    [Fact]
    public void A_concept_with_very_many_children_is_read_quickly()
    {
        var concepts = string.Join(',', Enumerable.Range(0, 200_000).Select(i => $$"""{"code":"c{{i}}"}"""));
        var vocabulary = With(CodeSystem("urn:wide", $$"""{"code":"top","concept":[{{concepts}}]}"""));
        Assert.Equal(Membership.In, Quickly(() => vocabulary.IsCode("urn:wide", null, "c199999")));
    }

    [Fact]
    public void Filters_count_as_work_and_long_ones_are_refused()
    {
        var concepts = string.Join(',', Enumerable.Range(0, 9_000).Select(i => $$"""{"code":"c{{i}}"}"""));
        var many = string.Join(',', Enumerable.Repeat("""{"property":"code","op":"regex","value":"c.*"}""", 20_000));
        var @long = new string('a', 3_000);
        var vocabulary = With(
            CodeSystem("urn:c", concepts),
            ValueSet("urn:many", $$""" "include":[{"system":"urn:c","filter":[{{many}}]}] """),
            ValueSet("urn:long", $$""" "include":[{"system":"urn:c","filter":[{"property":"code","op":"regex","value":"{{@long}}"}]}] """),
            ValueSet("urn:all", """ "include":[{"system":"urn:c"}] """));
        Assert.Equal("too-costly", Quickly(() => Code(vocabulary.Expand(Ask("urn:many")))));
        Assert.Equal("too-costly", Quickly(() => Code(vocabulary.Expand(Ask("urn:long")))));
        var words = string.Join(' ', Enumerable.Repeat("c", 400_000));
        var asked = new Question(Reading.Read($$"""{"resourceType":"Parameters","parameter":[{"name":"url","valueUri":"urn:all"},{"name":"filter","valueString":"{{words}}"}]}"""));
        Assert.Equal("too-costly", Quickly(() => Code(vocabulary.Expand(asked))));
    }

    [Fact]
    public void Maps_that_lead_to_each_other_many_times_are_asked_once()
    {
        static string Map(string url, string other) =>
            $$"""{"resourceType":"ConceptMap","url":"{{url}}","status":"active","group":[{{string.Join(',', Enumerable.Repeat($$"""{"unmapped":{"mode":"other-map","url":"{{other}}"} }""", 30))}}]}""";
        var vocabulary = With(Map("urn:m1", "urn:m2"), Map("urn:m2", "urn:m1"));
        var asked = new Question(Reading.Read("""{"resourceType":"Parameters","parameter":[{"name":"url","valueUri":"urn:m1"},{"name":"code","valueCode":"a"},{"name":"system","valueUri":"urn:c"}]}"""));
        Assert.False(Quickly(() => vocabulary.Translate(asked)).Failed(out var issue, out var answer), issue?.Text);
        Assert.Equal("false", answer!.Each("parameter").First(p => p["name"].Text == "result")["value"].Text);
    }

    [Fact]
    public void Value_sets_made_up_one_after_the_other_count_as_work()
    {
        var around = new Fhir.Server.Core.Validation.Validator(Fhir.Server.Core.Packages.Conformance.R4, new(Fhir.Server.Core.Packages.Conformance.R4)).Around(new());
        const string System = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
        Assert.False(Fhir.Server.Core.FhirPath.CompiledExpression.Compile($"(1).repeatAll(iif($this < 2000, $this + 1, {{}})).select('x'.memberOf('{System}?fhir_vs=isa/' & $this.toString())).count()").Failed(out var issue, out var made), issue?.Text);
        Assert.True(Quickly(() => made!.Evaluate(Reading.Read("""{"resourceType":"Patient"}"""), around)).Failed(out issue, out _));
        Assert.Equal("too-costly", issue!.Code);
    }

    private static string? Code(Result<Element> result) => result.Failed(out var issue, out _) ? issue.Code : null;

    private static Question Ask(string url) => new(Reading.Read($$"""{"resourceType":"Parameters","parameter":[{"name":"url","valueUri":"{{url}}"}]}"""));

    private static T Quickly<T>(Func<T> run)
    {
        var clock = Stopwatch.StartNew();
        var result = run();
        Assert.True(clock.Elapsed < Patience, $"it took {clock.Elapsed}");
        return result;
    }
}
