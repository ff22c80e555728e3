using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath;
using Fhir.Server.Core.Outcomes;

namespace Fhir.Server.Core.Validation.Rules;

/// <summary>A constraint in FHIRPath — https://hl7.org/fhir/R4/conformance-rules.html#constraints</summary>
internal sealed class Invariant(string key, CompiledExpression expression, Severity severity, string text) : Rule
{
    public override string Demand => $"{key} ({severity.ToString().ToLowerInvariant()}): {expression.Text}";

    public override void Check(Element element, Judging judging)
    {
        if (expression.Truth(element, judging.Context).Failed(out var issue, out var holds))
            judging.Add(element, issue.Code ?? "not-supported", $"The invariant {key} could not be judged: {issue.Text}", Severity.Warning, rule: key);
        else if (holds != true) judging.Add(element, "invariant", text, severity, rule: key);
    }
}

/// <summary>A constraint whose expression cannot be used; told once for each element it stands on.</summary>
internal sealed class BrokenInvariant(string key, string why) : Rule
{
    public override string Demand => $"{key} cannot be judged: {why}";

    public override void Check(Element element, Judging judging) =>
        judging.Add(element, "not-supported", $"The invariant {key} cannot be judged: {why}", Severity.Warning, rule: key);
}
