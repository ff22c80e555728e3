using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.FhirPath;

namespace Fhir.Server.Core.Tests.FhirPath;

public sealed class SearchExpressionTests
{
    private static IEnumerable<SearchParameterDefinition> All() => DefinitionSet.R4.ResourceTypes.SelectMany(DefinitionSet.R4.SearchParameters).Distinct();

    [Fact]
    public void Every_search_expression_of_R4_compiles()
    {
        var expressions = All().SelectMany(p => p.Components.Select(c => c.Expression).Append(p.Expression)).OfType<string>().Distinct().ToList();
        Assert.True(expressions.Count > 1000);
        foreach (var expression in expressions)
            Assert.False(CompiledExpression.CompileSearch(expression).Failed(out var issue, out _), $"{expression}: {issue?.Text}");
    }
}
