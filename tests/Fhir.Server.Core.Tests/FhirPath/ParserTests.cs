using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath;
using Fhir.Server.Core.Outcomes;

namespace Fhir.Server.Core.Tests.FhirPath;

public sealed class ParserTests
{
    public static TheoryData<string, string> Bombs() => new()
    {
        { "parentheses", new string('(', 100_000) + "1" + new string(')', 100_000) },
        { "few parentheses", new string('(', 10_000) + "1" + new string(')', 10_000) },
        { "additions", "1" + string.Concat(Enumerable.Repeat("+1", 100_000)) },
        { "few additions", "1" + string.Concat(Enumerable.Repeat("+1", 10_000)) },
        { "signs", new string('-', 30_000) + "1" },
        { "plus signs", new string('+', 30_000) + "1" },
        { "steps", "a" + string.Concat(Enumerable.Repeat(".a", 20_000)) },
        { "indexers", "a" + string.Concat(Enumerable.Repeat("[0", 20_000)) },
        { "calls", string.Concat(Enumerable.Repeat("where(", 10_000)) },
        { "types", "a" + string.Concat(Enumerable.Repeat(" is String", 6_000)) },
        { "wheres", "a" + string.Concat(Enumerable.Repeat(".where(true)", 5_000)) },
        { "wheres in wheres", "a" + string.Concat(Enumerable.Repeat(".where(a", 7_000)) + new string(')', 7_000) },
        { "100,000 wheres", "a" + string.Concat(Enumerable.Repeat(".where(a", 100_000)) + new string(')', 100_000) },
        { "100,000 signs", new string('-', 100_000) + "1" },
        { "100,000 indexers", "a" + string.Concat(Enumerable.Repeat("[0]", 100_000)) },
        { "100,000 unions", "a" + string.Concat(Enumerable.Repeat("|a", 100_000)) },
        { "unions in unions", string.Concat(Enumerable.Repeat("(a|", 10_000)) + "a" + new string(')', 10_000) },
        { "conditions", string.Concat(Enumerable.Repeat("iif(a,", 9_000)) + "a" + new string(')', 9_000) },
        { "arguments", "coalesce(" + string.Concat(Enumerable.Repeat("a,", 30_000)) + "a)" },
        { "types of types", "a is " + string.Concat(Enumerable.Repeat("FHIR.", 10_000)) + "string" },
        { "nested chains", string.Concat(Enumerable.Repeat("(", 250)) + "1" + string.Concat(Enumerable.Repeat(string.Concat(Enumerable.Repeat("+1", 40)) + ")", 250)) },
    };

    [Theory, MemberData(nameof(Bombs))]
    public void What_is_nested_too_deeply_is_refused_at_once(string name, string expression)
    {
        Quick.Within(1, () =>
        {
            Assert.True(CompiledExpression.Compile(expression).Failed(out var issue, out _), name);
            Assert.Equal(IssueKind.Invalid, issue.Kind);
        }, name);
    }

    [Fact]
    public void A_union_of_thousands_is_flat_and_costs_what_it_holds()
    {
        Assert.False(CompiledExpression.Compile("(1" + string.Concat(Enumerable.Range(2, 9_000).Select(n => $"|{n}")) + ").count()").Failed(out var issue, out var compiled), issue?.Text);
        Quick.Within(1, () =>
        {
            Assert.False(compiled.Evaluate(Element.None).Failed(out var failed, out var found), failed?.Text);
            Assert.Equal("9001", Assert.Single(found).Text);
        });
    }

    [Theory]
    [InlineData("")]
    [InlineData("(")]
    [InlineData("a.")]
    [InlineData("a b")]
    [InlineData("``")]
    [InlineData("a.``.b")]
    [InlineData("a is ``")]
    [InlineData("a..b")]
    [InlineData("'open")]
    [InlineData("`open")]
    [InlineData("'\\x'")]
    [InlineData("a !b")]
    [InlineData("a[0")]
    [InlineData("f(1,)")]
    [InlineData("1 +")]
    [InlineData("@2015-1")]
    [InlineData("@2015-02-30")]
    [InlineData("99999999999")]
    [InlineData("{1}")]
    [InlineData("$that")]
    [InlineData("%")]
    [InlineData("and")]
    [InlineData("a is")]
    [InlineData("a is NoType")]
    [InlineData("NoType.a")]
    [InlineData("a.where()")]
    [InlineData("a.first(1)")]
    [InlineData("\u0000")]
    public void What_is_no_expression_is_an_issue(string expression)
    {
        Assert.True(CompiledExpression.Compile(expression).Failed(out var issue, out _));
        Assert.Equal(IssueKind.Invalid, issue.Kind);
    }

    [Fact]
    public void A_function_that_is_not_there_is_told_when_compiling()
    {
        Assert.True(CompiledExpression.Compile("name.noSuchFunction()").Failed(out var issue, out _));
        Assert.Equal(IssueKind.Unsupported, issue.Kind);
    }

    [Theory]
    [InlineData("name.select()", false)]
    [InlineData("name.where(select())", false)]
    [InlineData("name.given1", false)]
    [InlineData("Encounter.status", false)]
    [InlineData("deceasedBoolean", false)]
    [InlineData("(deceased as boolean).start", false)]
    [InlineData("name.where(familie = 'x')", false)]
    [InlineData("name.select(given.familie)", false)]
    [InlineData("contact.name.use | contact.uses", false)]
    [InlineData("identifier.startsWith('x')", false)]
    [InlineData("name[nome].family", false)]
    [InlineData("contact.name.first().family", true)]
    [InlineData("contained.anything", true)]
    [InlineData("managingOrganization.resolve().anything", true)]
    [InlineData("Resource.id | DomainResource.text.status", true)]
    [InlineData("extension('x').value.code", true)]
    [InlineData("descendants().whatever", true)]
    [InlineData("deceased.ofType(dateTime).extension.url", true)]
    public void A_path_that_leads_nowhere_is_found_by_its_types(string expression, bool right)
    {
        var patient = DefinitionSet.R4.Type("Patient")!;
        Assert.Equal(right, !CompiledExpression.CompileFor(patient, expression).Failed(out _, out _));
    }

    [Fact]
    public void The_same_text_is_compiled_once()
    {
        Assert.False(CompiledExpression.Compile("Patient.name.given").Failed(out _, out var first));
        Assert.False(CompiledExpression.Compile("Patient.name.given").Failed(out _, out var second));
        Assert.Same(first, second);
    }
}
