using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Validation.Rules;

namespace Fhir.Server.Core.Validation.Resources;

/// <summary>A reference agrees with the entry of the Bundle that it leads to — https://hl7.org/fhir/R4/bundle.html#references</summary>
internal sealed class BundledReference : Rule
{
    public override void Check(Element element, Judging judging)
    {
        if (element["reference"] is not { Text: { } text } literal || !Targets.IsInBundle(element)) return;
        if (judging.Targets.Find(element, out var place) is { } target)
        {
            if (place == TargetPlace.Bundled && Reference.TryParse(text, out var reference) && reference.Type is { } named && named != target.Type)
                judging.Add(literal, "value", $"The reference names a {named}, and the entry it leads to is a {target.Type}.");
        }
        else if (text.StartsWith("urn:", StringComparison.Ordinal)) judging.Add(literal, "not-found", "No entry of the Bundle has the URN that the reference names.", Severity.Warning);
    }
}
