using System.Xml;
using System.Xml.Linq;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Xml;

namespace Fhir.Messaging.Documents;

/// <summary>The words of a summary, between plain text and the narrative of a section — https://hl7.org/fhir/R4/narrative.html</summary>
public static class SummaryText
{
    private static readonly XNamespace Xhtml = "http://www.w3.org/1999/xhtml";

    /// <summary>One paragraph per line.</summary>
    public static string Narrative(string text) =>
        new XElement(Xhtml + "div", Lines(text).Select(line => new XElement(Xhtml + "p", line))).ToString(SaveOptions.DisableFormatting);

    /// <summary>The sections of a document Bundle as plain text, each under its heading.</summary>
    public static string Of(Element bundle) => string.Join('\n',
        bundle.Each("entry").Take(1).SelectMany(e => e["resource"].Each("section")).SelectMany(s => Plain(s["text"]["div"].Text).Prepend(s["title"].Text ?? "")));

    private static IEnumerable<string> Plain(string? div)
    {
        if (div is null) return [];
        using var reader = SafeXml.Reader(div);
        return XElement.Load(reader).Elements(Xhtml + "p").Select(p => p.Value).ToList();
    }

    // What XML cannot hold would make the document unreadable.
    private static IEnumerable<string> Lines(string text) =>
        string.Concat(text.Where(c => c == '\n' || XmlConvert.IsXmlChar(c) || char.IsSurrogate(c)).Select(c => c == '\r' ? ' ' : c)).Split('\n');
}
