using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Terminology;

namespace Fhir.Server.Core.Validation.Rules;

/// <summary>A code that its system does not have is no code, whatever it is bound to — https://hl7.org/fhir/R4/datatypes.html#Coding</summary>
internal sealed class KnownCode : Rule
{
    public override void Check(Element element, Judging judging)
    {
        if (element["system"].Text is not { } system || element["code"].Text is not { } code) return;
        if (!system.Contains(':', StringComparison.Ordinal)) judging.Add(element["system"], "value", "The system of a code is an absolute URI.", Severity.Warning);
        else if (judging.Schemas.Vocabulary.IsCode(system, element["version"].Text, code) == Membership.Out)
            judging.Add(element["code"], "code-invalid", $"The code system {system} has no such code.", Severity.Warning);
    }
}
