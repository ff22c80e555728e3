using System.Text;
using System.Xml.Linq;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.Tests.FhirPath;

/// <summary>Just enough XML to read the inputs of the official suite; it trusts them.</summary>
internal static class XmlTree
{
    private static readonly XNamespace Xhtml = "http://www.w3.org/1999/xhtml";

    public static Element Read(string path) => Resource(XDocument.Load(path).Root!, null);

    private static Element Resource(XElement xml, string? name)
    {
        var type = DefinitionSet.R4.Type(xml.Name.LocalName)!;
        return Filled(new Element(name ?? type.Name, type), xml);
    }

    private static Element Filled(Element element, XElement xml)
    {
        foreach (var attribute in xml.Attributes().Where(a => a is { IsNamespaceDeclaration: false, Name.LocalName: "id" or "url" }))
            element.Add(new Element(attribute.Name.LocalName, DefinitionSet.R4.Type("string")!, attribute.Value));
        foreach (var child in xml.Elements()) element.Add(Child(element, child));
        return element;
    }

    private static Element Child(Element parent, XElement xml)
    {
        var property = parent.Definition.Property(Encoding.UTF8.GetBytes(xml.Name.LocalName)) ?? throw new InvalidDataException($"{parent.Type} has no {xml.Name.LocalName}.");
        if (property.Type.Name == "Resource") return Resource(xml.Elements().Single(), property.Element.Name);
        if (xml.Name.Namespace == Xhtml) return new Element(property.Element.Name, property.Type, xml.ToString(SaveOptions.DisableFormatting));
        return Filled(new Element(property.Element.Name, property.Type, xml.Attribute("value")?.Value), xml);
    }
}
