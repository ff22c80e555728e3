using System.Xml;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.Xml;

/// <summary>
/// An element tree to XML text — https://hl7.org/fhir/R4/xml.html. Elements come out in the order of the definitions, numbers as they were
/// written; the few characters that JSON can hold and XML cannot become U+FFFD.
/// </summary>
public static class FhirXmlWriter
{
    public static byte[] Write(Element root, bool pretty = false)
    {
        var to = new MemoryStream(1024);
        Write(root, to, pretty);
        return to.ToArray();
    }

    public static void Write(Element root, Stream to, bool pretty = false)
    {
        using var xml = SafeXml.Writer(to, pretty);
        Content(xml, root, root.Definition.Kind == TypeKind.Resource ? root.Type : root.Name);
    }

    private static void Content(XmlWriter xml, Element element, string name)
    {
        xml.WriteStartElement(name, FhirXmlReader.Fhir);
        foreach (var child in element.ChildSpan)
            if (XmlParser.IsAttribute(element, child.Name)) Attribute(xml, child.Name, child.Text);
        if (element.Definition.Kind == TypeKind.Primitive) Attribute(xml, "value", element.Text);
        if (IsInOrder(element))
            foreach (var child in element.ChildSpan) Child(xml, element, child);
        else
            foreach (var child in element.Children.OrderBy(child => SlotOf(element, child).Index)) Child(xml, element, child);
        xml.WriteEndElement();
    }

    private static void Attribute(XmlWriter xml, string name, string? text)
    {
        if (text is not null) xml.WriteAttributeString(name, XmlCharacters.Only(text));
    }

    private static void Child(XmlWriter xml, Element parent, Element child)
    {
        if (XmlParser.IsAttribute(parent, child.Name)) return;
        var name = SlotOf(parent, child).NameAs(child.Definition);
        if (child.Definition.Kind == TypeKind.Resource) Wrapped(xml, child, name);
        else if (child.Definition.Primitive == Primitive.Xhtml) xml.WriteRaw(XhtmlText.ForXml(child.Text ?? ""));
        else Content(xml, child, name);
    }

    private static void Wrapped(XmlWriter xml, Element resource, string name)
    {
        xml.WriteStartElement(name, FhirXmlReader.Fhir);
        Content(xml, resource, resource.Type);
        xml.WriteEndElement();
    }

    private static bool IsInOrder(Element element)
    {
        var last = -1;
        foreach (var child in element.ChildSpan)
        {
            var index = SlotOf(element, child).Index;
            if (index < last) return false;
            last = index;
        }
        return true;
    }

    private static ElementDefinition SlotOf(Element parent, Element child) =>
        child.Slot ?? parent.Definition.Element(child.Name) ?? throw new InvalidOperationException($"{parent.Type} has no element {child.Name}.");
}
