using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath.Values;

namespace Fhir.Server.Core.Validation.Rules;

/// <summary>The least or greatest value — https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.minValue_x_. What cannot be compared (other units, another precision) is left alone.</summary>
internal sealed class ValueBounds(Element bound, bool isLeast) : Rule
{
    public override string Demand => $"at {(isLeast ? "least" : "most")} {FixedValue.Words(bound)}";

    public override void Check(Element element, Judging judging)
    {
        if (Equality.Order(element, bound, out var comparable) is not { } order || !comparable) return;
        if (isLeast ? order < 0 : order > 0) judging.Add(element, "value", isLeast ? "The value is less than the least allowed." : "The value is greater than the greatest allowed.");
    }
}
