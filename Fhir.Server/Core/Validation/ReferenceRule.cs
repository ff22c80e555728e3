using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.Validation;

/// <summary>The form of a literal reference and the type it points to — https://hl7.org/fhir/R4/references.html</summary>
internal static class ReferenceRule
{
    public static void Check(Element element, ElementDefinition slot, Element container, bool inBundle, Findings findings)
    {
        if (element["reference"] is not { Text: { } text } literal)
        {
            if (element["type"].Text is { } named && !Allows(slot, named)) WrongType(element["type"], findings);
            return;
        }
        if (!Reference.TryParse(text, out var reference)) findings.Add(literal, "value", "A reference is Type/id, #id, an absolute URL or a urn.");
        else if (reference.Form == ReferenceForm.Conditional && !inBundle) findings.Add(literal, "value", "A conditional reference stands only in a Bundle.");
        else if (reference.Form == ReferenceForm.Fragment) Contained(literal, reference.Fragment!, slot, container, findings);
        else if (reference.Type is { } type) Target(element, literal, reference.Form, type, slot, findings);
    }

    // What another server means by its URL is its own affair: there only a type that contradicts itself is wrong.
    private static void Target(Element element, Element literal, ReferenceForm form, string type, ElementDefinition slot, Findings findings)
    {
        if (form != ReferenceForm.Absolute && !Allows(slot, type)) WrongType(literal, findings);
        if (element["type"].Text is { } named && named != type) findings.Add(element["type"], "value", "Reference.type is another type than the reference's.");
    }

    private static void Contained(Element literal, string id, ElementDefinition slot, Element container, Findings findings)
    {
        if (id.Length == 0) return;
        foreach (var child in container.ChildSpan)
        {
            if (child.Name != "contained" || child["id"].Text != id) continue;
            if (!Allows(slot, child.Type)) WrongType(literal, findings);
            return;
        }
        findings.Add(literal, "invariant", "There is no contained resource of that id.");
    }

    private static void WrongType(Element where, Findings findings) => findings.Add(where, "value", "The reference is to a type that is not allowed here.");

    private static bool Allows(ElementDefinition slot, string type)
    {
        foreach (var allowed in slot.Types)
        {
            if (allowed.Type.Name != "Reference") continue;
            if (allowed.Targets.Count == 0) return true;
            foreach (var target in allowed.Targets)
                if (target == type) return true;
        }
        return false;
    }
}
