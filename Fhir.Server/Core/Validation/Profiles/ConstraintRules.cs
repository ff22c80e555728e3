using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Validation.Rules;

namespace Fhir.Server.Core.Validation.Profiles;

/// <summary>The invariants of an ElementDefinition, compiled.</summary>
internal static class ConstraintRules
{
    /// <param name="against">Definitions that judge the element too: their invariants are left to them.</param>
    public static IEnumerable<Rule> Of(Definition definition, IReadOnlyCollection<Definition> against, Errata errata)
    {
        foreach (var constraint in definition.Raw.Each("constraint"))
        {
            if (constraint["key"].Text is not { } key || constraint["expression"].Text is not { } expression) continue;
            if (errata.LeavesOut(key) || against.Any(other => Has(other, key))) continue;
            yield return Compile(key, errata.Corrected(key, expression), constraint);
        }
    }

    private static bool Has(Definition definition, string key) => definition.Raw.Each("constraint").Any(c => c["key"].Text == key);

    private static Rule Compile(string key, string expression, Element constraint)
    {
        if (CompiledExpression.CompileInvariant(expression).Failed(out var issue, out var compiled)) return new BrokenInvariant(key, issue.Text);
        var severity = constraint["severity"].Text == "warning" ? Severity.Warning : Severity.Error;
        return new Invariant(key, compiled, severity, constraint["human"].Text is { } human ? $"{key}: {human}" : $"The invariant {key} does not hold.");
    }
}
