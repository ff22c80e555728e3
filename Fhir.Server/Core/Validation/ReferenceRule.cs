using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.Validation;

/// <summary>The form of a literal reference, and that it agrees with itself (whether its type is allowed there, full validation tells: official examples break it) — https://hl7.org/fhir/R4/references.html</summary>
internal static class ReferenceRule
{
    public static void Check(Element element, Element container, bool inBundle, Findings findings)
    {
        if (element["reference"] is not { Text: { } text } literal) return;
        if (!Reference.TryParse(text, out var reference)) findings.Add(literal, "value", "A reference is Type/id, #id, an absolute URL or a urn.");
        else if (reference.Form == ReferenceForm.Conditional && !inBundle) findings.Add(literal, "value", "A conditional reference stands only in a Bundle.");
        else if (reference.Form == ReferenceForm.Fragment) Contained(literal, reference.Fragment!, container, findings);
        else if (reference.Type is { } type && element["type"].Text is { } named && named != type) findings.Add(element["type"], "value", "Reference.type is another type than the reference's.");
    }

    private static void Contained(Element literal, string id, Element container, Findings findings)
    {
        if (id.Length == 0) return;
        foreach (var child in container.ChildSpan)
        {
            if (child.Name == "contained" && child["id"].Text == id) return;
        }
        findings.Add(literal, "invariant", "There is no contained resource of that id.", rule: "ref-1");
    }
}
