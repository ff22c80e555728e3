using System.Net;
using System.Text;
using System.Xml;

namespace Fhir.Server.Core.Xml;

/// <summary>
/// A narrative's div as one string, gathered from the nodes of a reader — https://hl7.org/fhir/R4/narrative.html#xhtml.
/// All that XML says is kept (elements, attributes, blanks, comments), in one way to write it; processing instructions are dropped.
/// </summary>
internal sealed class XhtmlText
{
    private const int MostDeclared = 100_000;
    private const int MostText = 8 * 1024 * 1024;   // a string may have less: enough to be told so
    private const int LongestEntity = 40;
    private readonly StringBuilder _text = new(256);
    private readonly List<string> _namespaces = [];   // of the elements that are open
    private int _declared;

    /// <summary>True when the end of the first element was added.</summary>
    public bool IsWhole { get; private set; }

    public override string ToString() => _text.ToString();

    /// <summary>Adds the node that the reader stands on.</summary>
    public void Add(XmlReader reader)
    {
        switch (reader.NodeType)
        {
            case XmlNodeType.Element: Open(reader); break;
            case XmlNodeType.EndElement: Close(reader); break;
            case XmlNodeType.Comment: _text.Append("<!--").Append(reader.Value).Append("-->"); break;
            case XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.Whitespace or XmlNodeType.SignificantWhitespace: Escape(reader.Value, inAttribute: false); break;
        }
    }

    /// <summary>A div as JSON has it, in XML that needs no entities but XML's own; what is no XML at all becomes the text of a div.</summary>
    public static string ForXml(string div)
    {
        var all = new XhtmlText();
        try
        {
            using var reader = SafeXml.Reader(WithoutNamedEntities(div));
            while (reader.Read()) all.Add(reader);
            return all.ToString();
        }
        catch (XmlException)
        {
            var plain = new XhtmlText();
            plain._text.Append("<div xmlns=\"" + FhirXmlReader.Xhtml + "\">");
            plain.Escape(XmlCharacters.Only(div), inAttribute: false);
            return plain._text.Append("</div>").ToString();
        }
    }

    private void Open(XmlReader reader)
    {
        var (name, isEmpty) = (reader.LocalName, reader.IsEmptyElement);
        var ns = reader.NamespaceURI.Length == 0 ? FhirXmlReader.Xhtml : reader.NamespaceURI;   // JSON's div may lack it
        _text.Append('<').Append(name);
        if (_namespaces.Count == 0 || _namespaces[^1] != ns) Declare(reader, ns);
        while (reader.MoveToNextAttribute())
            if (reader.Name != "xmlns" && reader is not { Prefix: "xmlns", Value: FhirXmlReader.Xhtml }) Attribute(reader.Name, reader.Value);
        reader.MoveToElement();
        _text.Append(isEmpty ? "/>" : ">");
        if (!isEmpty) _namespaces.Add(ns);
        IsWhole = _namespaces.Count == 0;
    }

    // A prefix of one letter may stand for a name of a megabyte, and each element that bears it would be given all of that.
    private void Declare(XmlReader reader, string ns)
    {
        _declared += ns.Length;
        var at = reader as IXmlLineInfo;
        if (_declared > MostDeclared) throw new XmlException("A narrative changes its namespace too often.", null, at?.LineNumber ?? 0, at?.LinePosition ?? 0);
        Attribute("xmlns", ns);
    }

    private void Close(XmlReader reader)
    {
        _text.Append("</").Append(reader.LocalName).Append('>');
        _namespaces.RemoveAt(_namespaces.Count - 1);
        IsWhole = _namespaces.Count == 0;
    }

    private void Attribute(string name, string value)
    {
        _text.Append(' ').Append(name).Append("=\"");
        Escape(value, inAttribute: true);
        _text.Append('"');
    }

    private void Escape(ReadOnlySpan<char> text, bool inAttribute)
    {
        if (_text.Length + text.Length > MostText) throw new XmlException("A narrative is too long.");
        var marks = inAttribute ? "&<\"\t\n\r" : "&<>\r";
        for (int at; (at = text.IndexOfAny(marks)) >= 0; text = text[(at + 1)..])
        {
            _text.Append(text[..at]);
            _ = text[at] switch
            {
                '&' => _text.Append("&amp;"),
                '<' => _text.Append("&lt;"),
                '>' => _text.Append("&gt;"),
                '"' => _text.Append("&quot;"),
                var blank => _text.Append("&#").Append((int)blank).Append(';'),
            };
        }
        _text.Append(text);
    }

    // &nbsp; and its kind are HTML's, and unknown to XML: JSON may hold them, XML the character only.
    private static string WithoutNamedEntities(string div)
    {
        var from = div.IndexOf('&', StringComparison.Ordinal);
        if (from < 0) return div;
        var text = new StringBuilder(div, 0, from, div.Length);
        for (; from >= 0 && from < div.Length;)
        {
            var end = div.AsSpan(from, Math.Min(LongestEntity, div.Length - from)).IndexOf(';');
            var entity = end < 0 ? "&" : div[from..(from + end + 1)];
            text.Append(InXml(entity));
            var next = div.IndexOf('&', from += entity.Length);
            text.Append(div, from, (next < 0 ? div.Length : next) - from);
            from = next;
        }
        return text.ToString();
    }

    private static string InXml(string entity) => entity is "&amp;" or "&lt;" or "&gt;" or "&quot;" or "&apos;" or ['&', '#', ..]
        ? entity
        : WebUtility.HtmlDecode(entity) is var known && known != entity ? known : "&amp;" + entity[1..];
}
