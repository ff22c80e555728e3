// https://cheatsheetseries.owasp.org/cheatsheets/XML_External_Entity_Prevention_Cheat_Sheet.html#net
using System.Text;
using System.Xml;

namespace Fhir.Server.Core.Xml;

/// <summary>The one place that makes readers and writers of XML: no DTD, so no entities of one's own; nothing fetched from elsewhere; a bounded length.</summary>
public static class SafeXml
{
    private const long MostCharacters = 256L * 1024 * 1024;

    private static readonly XmlReaderSettings Reading = new()
    {
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        MaxCharactersInDocument = MostCharacters,
        MaxCharactersFromEntities = 1,
        CloseInput = true,
    };

    private static readonly XmlWriterSettings Compact = Writing(indent: false);
    private static readonly XmlWriterSettings Indented = Writing(indent: true);

    public static XmlReader Reader(Stream bytes) => XmlReader.Create(bytes, Reading);

    public static XmlReader Reader(string text) => XmlReader.Create(new StringReader(text), Reading);

    /// <summary>Writes UTF-8 with its declaration. Closing it leaves the stream open.</summary>
    public static XmlWriter Writer(Stream to, bool indent = false) => XmlWriter.Create(to, indent ? Indented : Compact);

    private static XmlWriterSettings Writing(bool indent) => new()
    {
        Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
        Indent = indent,
        NewLineChars = "\n",
        NewLineHandling = NewLineHandling.Entitize,
    };
}
