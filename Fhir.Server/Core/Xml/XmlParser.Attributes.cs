using System.Text;
using System.Xml;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;

namespace Fhir.Server.Core.Xml;

/// <summary>What XML writes as attributes (values, ids of elements, urls of extensions), what is skipped, and how issues are told.</summary>
internal sealed partial class XmlParser
{
    private const int MaxIssues = 20;
    private const string XmlNamespaces = "http://www.w3.org/2000/xmlns/";
    private const string SchemaInstance = "http://www.w3.org/2001/XMLSchema-instance";
    private const string Blanks = " \t\r\n";
    private List<Issue>? _issues;

    public Issue? Wrong => _issues is null or [] ? null : OneOf(_issues);

    private static Issue OneOf(List<Issue> issues) => issues[0] with { Others = [.. issues.Skip(1)] };

    // The platform's message may repeat what stands there: only the place is told.
    public Issue Malformed(XmlException e, ReadOnlySpan<byte> utf8)
    {
        var what = _current is null && utf8.IndexOf("<!DOCTYPE"u8) >= 0 ? "A DOCTYPE is never read" : "The XML is malformed";
        var place = e.LineNumber > 0 ? $", at line {e.LineNumber}, position {e.LinePosition}" : "";   // the platform refuses a DOCTYPE without a place
        return new Issue(IssueKind.Invalid, $"{what}{place}.", _current?.Location) { Code = "structure" };
    }

    internal static bool IsAttribute(Element parent, string name) =>
        (name == "id" && parent.Definition.Kind != TypeKind.Resource) || (name == "url" && parent.Type == "Extension");

    private void Attributes(Element element)
    {
        while (reader.MoveToNextAttribute())
        {
            if (IsAboutXml()) continue;
            var name = reader.LocalName;
            if (reader.NamespaceURI.Length > 0) Unknown(element, "attribute", name);
            else if (name == "value" && element.Definition.Kind == TypeKind.Primitive) element.Text = Text(element);
            else if (IsAttribute(element, name) && PropertyOf(element.Definition, name) is { } property) Attribute(element, property);
            else Unknown(element, "attribute", name);
        }
        reader.MoveToElement();
    }

    // Namespaces, and the place of a schema: they speak to XML tools, not to us.
    private bool IsAboutXml() => reader.NamespaceURI is XmlNamespaces or SchemaInstance;

    private void Attribute(Element parent, Property property)
    {
        var element = parent.Add(new Element(property.Element.Name, property.Type) { Slot = property.Element });
        element.Text = Text(element);
    }

    // What is no string has one way to be written; around it a schema allows blanks. Numbers must be JSON's, since JSON writes them as they stand.
    private string Text(Element element)
    {
        var text = reader.Value;
        var type = element.Definition.Primitive;
        if (type is not (Primitive.String or Primitive.Markdown)) text = text.Trim(' ', '\t', '\r', '\n');
        if (text.AsSpan().IndexOfAnyExcept(Blanks) < 0) Tell(element, "An attribute is never empty.");
        else if (type == Primitive.Boolean && text is not ("true" or "false")) Tell(element, "A boolean is true or false.", code: "value");
        else if (type is Primitive.Integer or Primitive.PositiveInt or Primitive.UnsignedInt or Primitive.Decimal && !IsNumber(text))
            Tell(element, "A number is written in digits, without + or leading zeros.", code: "value");
        return text;
    }

    // -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)? — https://www.rfc-editor.org/rfc/rfc8259#section-6
    private static bool IsNumber(ReadOnlySpan<char> text)
    {
        if (text is ['-', ..]) text = text[1..];
        var digits = Digits(text);
        if (digits == 0 || (digits > 1 && text[0] == '0')) return false;
        text = text[digits..];
        if (text is ['.', ..])
        {
            digits = Digits(text[1..]);
            if (digits == 0) return false;
            text = text[(digits + 1)..];
        }
        if (text is not ['e' or 'E', ..]) return text.IsEmpty;
        text = text[1..] is ['+' or '-', ..] ? text[2..] : text[1..];
        return !text.IsEmpty && Digits(text) == text.Length;
    }

    private static int Digits(ReadOnlySpan<char> text) => text.IndexOfAnyExceptInRange('0', '9') is var end and >= 0 ? end : text.Length;

    private static Property? PropertyOf(TypeDefinition type, string name)
    {
        Span<byte> utf8 = stackalloc byte[64];
        return System.Text.Encoding.UTF8.TryGetBytes(name, utf8, out var length) ? type.Property(utf8[..length]) : null;
    }

    // From a start tag to its end tag.
    private void Skip()
    {
        if (reader.IsEmptyElement) return;
        var depth = reader.Depth;
        while (Read() && !(reader.NodeType == XmlNodeType.EndElement && reader.Depth == depth))
        {
            // nothing in there is ours
        }
    }

    private void TooDeep()
    {
        Tell(_current, $"The XML is nested deeper than {maxDepth} levels of JSON.");
        _stopped = true;
    }

    // A name that cannot be an element's may be anything, a patient's too: it is not repeated.
    private void Unknown(Element element, string what, string name)
    {
        var shown = name.Length <= 64 && name.AsSpan().IndexOfAnyExcept(NameCharacters) < 0;
        Tell(element, shown ? $"{element.Type} has no {what} {name} here." : $"There is an {what} whose name is none of FHIR's.", below: shown ? "." + name : "");
    }

    private static readonly System.Buffers.SearchValues<char> NameCharacters =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");

    private void Tell(Element? where, string text, Property? property = null, string below = "", string code = "structure")
    {
        if (_stopped) return;
        var location = property is null ? where?.Location + below : $"{where!.Location}.{property.Element.Name}";
        var line = ((IXmlLineInfo)reader).LineNumber;
        (_issues ??= []).Add(new(IssueKind.Invalid, $"{text} (line {line})", location is "" ? null : location) { Code = code });
        _stopped = _issues.Count >= MaxIssues;   // each unknown name stays in the reader's memory: no reading on for nothing
    }
}
