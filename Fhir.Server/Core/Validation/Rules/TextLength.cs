using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.Validation.Rules;

/// <summary>How long a text may be — https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.maxLength and the extension minLength</summary>
internal sealed class TextLength(int least, int most) : Rule
{
    public override string Demand => $"{Cardinality.Range(least, most)} characters";

    public override void Check(Element element, Judging judging)
    {
        if (element.Text is not { } text) return;
        if (text.Length > most) judging.Add(element, "value", $"The text is longer than {most} characters.");
        else if (text.Length < least) judging.Add(element, "value", $"The text is shorter than {least} characters.");
    }
}
