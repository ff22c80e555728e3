using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.Validation;

/// <summary>One walk over the tree: cardinality and types here, the rest in a file per rule.</summary>
internal sealed class StructureWalk(Findings findings, bool inBundle)
{
    private static readonly TypeDefinition Reference = DefinitionSet.R4.Type("Reference")!;
    private static readonly TypeDefinition Extension = DefinitionSet.R4.Type("Extension")!;
    private static readonly TypeDefinition CodeableConcept = DefinitionSet.R4.Type("CodeableConcept")!;
    private (Element? Of, HashSet<string> All) _pointers = (null, []);

    /// <summary>A resource that stands by itself: the root, or one in a Bundle entry or a parameter.</summary>
    public void Resource(Element resource) => Composite(resource, resource);

    // container = the resource whose contained resources a '#' may name.
    private void Composite(Element element, Element container)
    {
        var type = element.Definition;
        Span<int> counts = stackalloc int[type.Elements.Count];
        foreach (var child in element.ChildSpan)
        {
            if ((child.Slot ?? type.Element(child.Name)) is not { } slot)
            {
                findings.Add(child, "structure", $"{type.Name} has no element {child.Name}.");
                continue;
            }
            if (++counts[slot.Index] == slot.Max + 1) TooMany(child, slot);
            Child(child, slot, container);
        }
        foreach (var required in type.Mandatory)
            if (counts[required.Index] == 0) findings.Add(element, "required", $"{required.Name} is required.", $".{required.Name}");
        if (ReferenceEquals(type, Extension)) OneOfValueAndExtensions(element, counts);
    }

    private void TooMany(Element child, ElementDefinition slot) => findings.Add(child, "structure",
        slot.IsChoice ? $"{slot.Name}[x] is given in more than one type." : $"{slot.Name} stands there more often than {slot.Max} times.");

    private void Child(Element child, ElementDefinition slot, Element container)
    {
        if (child.Slot is null && !IsAllowed(child.Definition, slot)) findings.Add(child, "structure", $"{slot.Name} is never a {child.Type}.");
        else if (child.Definition.Kind == TypeKind.Primitive) Primitive(child, slot, container);
        else if (child.Definition.Kind == TypeKind.Resource) Inner(child, slot, container);
        else Complex(child, slot, container);
    }

    // The reader hangs in only what fits; a tree made by hand is looked at.
    private static bool IsAllowed(TypeDefinition type, ElementDefinition slot)
    {
        foreach (var allowed in slot.Types)
            if (ReferenceEquals(allowed.Type, type) || (allowed.Type.Name == "Resource" && type.Kind == TypeKind.Resource)) return true;
        return false;
    }

    private void Primitive(Element element, ElementDefinition slot, Element container)
    {
        if (element.ChildSpan.Length > 0) Composite(element, container);
        if (slot.Name == "id" && element["extension"].Exists) findings.Add(element, "structure", "An id has no extensions.");
        if (element.Text is not { } text)
        {
            if (IsHollow(element)) findings.Add(element, "structure", "An element has a value or extensions.", rule: "ele-1");
            return;
        }
        if (PrimitiveFormat.Wrong(element.Definition.Primitive, text) is { } wrong) findings.Add(element, "value", wrong);
        else if (slot.Codes is { } codes && !codes.Allows(text)) findings.Add(element, "code-invalid", $"The code is not one of {codes.Url}.");
        else if (element.Definition.Primitive == Definitions.Primitive.Xhtml && NarrativeRule.Wrong(text) is { } unsafeText) findings.Add(element, "invalid", unsafeText, rule: "txt-1");
    }

    private void Inner(Element resource, ElementDefinition slot, Element container)
    {
        if (slot.Name != "contained")
        {
            Resource(resource);
            return;
        }
        if (!ReferenceEquals(_pointers.Of, container)) _pointers = (container, ContainedRule.PointersOf(container));
        ContainedRule.Check(resource, _pointers.All, findings);
        Composite(resource, container);
    }

    private void Complex(Element element, ElementDefinition slot, Element container)
    {
        if (IsHollow(element)) findings.Add(element, "structure", "An element has a value or children.", rule: "ele-1");
        Composite(element, container);
        if (ReferenceEquals(element.Definition, Reference)) ReferenceRule.Check(element, container, inBundle, findings);
        else if (slot.Codes is { } codes && ReferenceEquals(element.Definition, CodeableConcept)) Concept(element, codes);
    }

    // An id alone is nothing.
    private static bool IsHollow(Element element) => element.ChildSpan is [] or [{ Name: "id" }];

    private void Concept(Element concept, RequiredCodes codes)
    {
        foreach (var child in concept.ChildSpan)
            if (child.Name == "coding" && codes.Allows(child["system"].Text, child["code"].Text)) return;
        findings.Add(concept, "code-invalid", $"No coding is one of {codes.Url}.");
    }

    private void OneOfValueAndExtensions(Element extension, ReadOnlySpan<int> counts)
    {
        var hasValue = counts[Extension.Element("value")!.Index] > 0;
        var hasExtensions = counts[Extension.Element("extension")!.Index] > 0;
        if (hasValue == hasExtensions) findings.Add(extension, "invariant", "An extension has a value or extensions, and not both.", rule: "ext-1");
    }
}
