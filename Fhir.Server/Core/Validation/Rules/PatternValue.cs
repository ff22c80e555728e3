using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.Validation.Rules;

/// <summary>At least this; of repetitions, each of the pattern's must be among those given — https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.pattern_x_</summary>
internal sealed class PatternValue(Element expected) : Rule
{
    public override string Demand => $"has {FixedValue.Words(expected)}";

    public override void Check(Element element, Judging judging)
    {
        if (!Fits(expected, element)) judging.Add(element, "value", "The value does not have what the profile's pattern asks.");
    }

    public static bool Fits(Element expected, Element actual)
    {
        if (expected.Text is not null && !FixedValue.SameText(expected, actual)) return false;
        foreach (var child in expected.Children)
            if (child.Name != "id" && !actual.Each(child.Name).Any(given => Fits(child, given))) return false;
        return true;
    }
}
