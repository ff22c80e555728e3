using System.Xml;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;

namespace Fhir.Server.Core.Xml;

/// <summary>The state of one reading. Elements are hung into the tree before their content is read, so that every issue knows its place.</summary>
internal sealed partial class XmlParser(XmlReader reader, DefinitionSet definitions, int maxDepth, IDictionary<int, Issue>? broken)
{
    private const int InNarrative = 100;   // levels that a narrative may add
    private const int MostBroken = 200;    // entries whose faults are told apart: each costs a walk over all before it
    private bool _stopped;
    private Element? _current;             // the innermost element begun: malformed XML breaks off here

    public Element? Document()
    {
        Element? root = null;
        while (Read())
        {
            if (reader.NodeType == XmlNodeType.XmlDeclaration) Encoding();
            else if (reader.NodeType == XmlNodeType.Element) root = ResourceIn(null, null, 1);
        }
        return root;
    }

    private bool Read()
    {
        if (_stopped || !reader.Read()) return false;
        if (reader.Depth > maxDepth + InNarrative) TooDeep();
        return !_stopped;
    }

    private void Encoding()
    {
        if (reader.GetAttribute("encoding") is { } name && !name.Equals("utf-8", StringComparison.OrdinalIgnoreCase) && !name.Equals("us-ascii", StringComparison.OrdinalIgnoreCase))
            Tell(null, "FHIR's XML is written in UTF-8, and says so.");
    }

    // Stands on the start tag of a resource: the root, or what a contained or resource element wraps. Depth is that of its object in JSON.
    private Element? ResourceIn(Element? parent, ElementDefinition? slot, int depth)
    {
        if (KnownResource(parent) is not { } type)
        {
            Skip();
            return null;
        }
        var element = new Element(slot?.Name ?? type.Name, type) { Slot = slot };
        parent?.Add(element);
        var isEmpty = reader.IsEmptyElement;
        Attributes(element);
        Content(element, isEmpty, depth);
        return element;
    }

    private TypeDefinition? KnownResource(Element? parent)
    {
        var type = definitions.Resource(reader.LocalName);
        if (reader.NamespaceURI != FhirXmlReader.Fhir) Tell(parent, $"A resource stands in the namespace {FhirXmlReader.Fhir}.");
        else if (type is null) Tell(parent, "There is a resource of a type that R4 does not know.");
        return reader.NamespaceURI == FhirXmlReader.Fhir ? type : null;
    }

    // From the start tag to the end tag.
    private void Content(Element element, bool isEmpty, int depth)
    {
        _current = element;
        var any = element.Text is not null || element.Children.Count > 0;
        var last = -1;
        while (!isEmpty && Read() && reader.NodeType != XmlNodeType.EndElement)
        {
            if (reader.NodeType == XmlNodeType.Element) Child(element, ref last, depth);
            else if (IsText()) Tell(element, "FHIR's XML has no text between its elements: values are attributes.");
            else continue;
            any = true;
        }
        // A resource may be: its name says what it is, as resourceType does in JSON.
        if (!any && element.Definition.Kind != TypeKind.Resource) Tell(element, "An element is never empty.");
        _current = element.Parent;
    }

    private bool IsText() => reader.NodeType is XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.SignificantWhitespace or XmlNodeType.EntityReference;

    private void Child(Element parent, ref int last, int depth)
    {
        if (PropertyHere(parent) is not { } property)
        {
            Unknown(parent, "element", reader.LocalName);
            Skip();
            return;
        }
        CheckOrder(parent, property, ref last);
        var inner = depth + (property.Element.Max > 1 ? 1 : 0);
        if (inner >= maxDepth + (property.Type.Kind == TypeKind.Primitive ? 1 : 0)) TooDeep();
        else if (property.Type.Kind == TypeKind.Resource) Wrapped(parent, property, inner + 1);
        else if (property.Type.Primitive == Primitive.Xhtml) Narrative(parent, property);
        else Value(parent, property, inner + 1);
    }

    // What the start tag means here; null when it has no business here.
    private Property? PropertyHere(Element parent)
    {
        var property = PropertyOf(parent.Definition, reader.LocalName);
        if (property is null || IsAttribute(parent, property.Name)) return null;
        return reader.NamespaceURI == (property.Type.Primitive == Primitive.Xhtml ? FhirXmlReader.Xhtml : FhirXmlReader.Fhir) ? property : null;
    }

    private void CheckOrder(Element parent, Property property, ref int last)
    {
        var index = property.Element.Index;
        if (index < last) Tell(parent, $"{property.Name} stands too late: elements have a fixed order.", property);
        else if (index == last && property.Element.Max <= 1)
            Tell(parent, HasOtherType(parent, property) ? $"{property.Element.Name}[x] is given in more than one type." : $"{property.Name} stands there twice.", property);
        last = Math.Max(last, index);
    }

    private static bool HasOtherType(Element parent, Property property)
    {
        foreach (var child in parent.ChildSpan)
            if (ReferenceEquals(child.Slot, property.Element) && !ReferenceEquals(child.Definition, property.Type)) return true;
        return false;
    }

    private void Value(Element parent, Property property, int depth)
    {
        var element = parent.Add(new Element(property.Element.Name, property.Type) { Slot = property.Element });
        var isEmpty = reader.IsEmptyElement;
        Attributes(element);
        Content(element, isEmpty, depth);
        if (depth > maxDepth && element.Children.Count > 0) TooDeep();
    }

    private void Wrapped(Element parent, Property property, int depth)
    {
        var count = 0;
        var isEmpty = reader.IsEmptyElement;
        while (reader.MoveToNextAttribute())
            if (!IsAboutXml()) Unknown(parent, "attribute", reader.LocalName);
        reader.MoveToElement();
        while (!isEmpty && Read() && reader.NodeType != XmlNodeType.EndElement)
        {
            if (IsText()) Tell(parent, $"{property.Name} holds text.", property);
            if (reader.NodeType != XmlNodeType.Element) continue;
            if (++count == 1) Inner(parent, property, depth);
            else Skip();
        }
        if (count != 1 && !_stopped) Tell(parent, $"{property.Name} wraps one resource.", property);
    }

    private void Inner(Element parent, Property property, int depth)
    {
        var before = _issues?.Count ?? 0;
        var resource = ResourceIn(parent, property.Element, depth);
        if (broken is null or { Count: >= MostBroken } || _stopped || _issues is null || _issues.Count == before || parent is not { Type: "Bundle.entry", Parent: { Parent: null } bundle }) return;
        broken[bundle.Each("entry").Count() - 1] = OneOf(_issues[before..]);
        _issues.RemoveRange(before, _issues.Count - before);
        if (resource is not null) parent.DropLast();
    }

    private void Narrative(Element parent, Property property)
    {
        var xhtml = new XhtmlText();
        do xhtml.Add(reader);
        while (!xhtml.IsWhole && Read());
        if (!_stopped) parent.Add(new Element(property.Element.Name, property.Type, xhtml.ToString()) { Slot = property.Element });
    }
}
