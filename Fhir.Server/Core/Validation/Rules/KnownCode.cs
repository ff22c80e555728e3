using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Terminology;
using Fhir.Server.Core.Terminology.Systems;

namespace Fhir.Server.Core.Validation.Rules;

/// <summary>A code that its system does not have is no code, whatever it is bound to, and its display is one of those it has — https://hl7.org/fhir/R4/datatypes.html#Coding</summary>
internal sealed class KnownCode : Rule
{
    public override void Check(Element element, Judging judging)
    {
        if (element["system"] is not { Text: { } system } || element["code"] is not { Text: { } code } where) return;
        if (!system.Contains(':', StringComparison.Ordinal)) judging.Add(element["system"], "value", "The system of a code is an absolute URI.", Severity.Warning);
        else if (judging.Schemas.Vocabulary.Systems.Find(system, element["version"].Text) is not { } content) return;
        else if (content.Has(code) == Membership.Out) judging.Add(where, "code-invalid", $"The code system {system} has no such code.", Severity.Warning);
        else if (element["display"] is { Text: { } display } shown && content.Find(code) is { Display: { } known } concept && !IsOne(display, known, concept))
            judging.Add(shown, "value", $"The display is none that {system} gives the code.", Severity.Warning);
    }

    private static bool IsOne(string display, string known, Concept concept) =>
        IsSame(display, known) || concept.Sources.SelectMany(s => s.Each("designation")).Any(d => d["value"].Text is { } value && IsSame(display, value));

    // Case and blanks do not count.
    private static bool IsSame(string one, string other) => string.Equals(Plain(one), Plain(other), StringComparison.OrdinalIgnoreCase);

    private static string Plain(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
