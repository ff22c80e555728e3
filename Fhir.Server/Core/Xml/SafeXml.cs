// https://cheatsheetseries.owasp.org/cheatsheets/XML_External_Entity_Prevention_Cheat_Sheet.html#net
using System.Runtime.InteropServices;
using System.Text;
using System.Xml;
using Fhir.Server.Core.Outcomes;

namespace Fhir.Server.Core.Xml;

/// <summary>The one place that makes readers and writers of XML: no DTD, so no entities of one's own; nothing fetched from elsewhere; no endless tags.</summary>
public static class SafeXml
{
    private static readonly XmlReaderSettings Reading = new()
    {
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        MaxCharactersInDocument = 256L * 1024 * 1024,
        MaxCharactersFromEntities = 1,
        CloseInput = true,
    };

    private static readonly XmlWriterSettings Compact = Writing(indent: false);
    private static readonly XmlWriterSettings Indented = Writing(indent: true);

    /// <summary>A reader of what came from outside. It throws <see cref="XmlException"/> where the XML is malformed.</summary>
    public static Result<XmlReader> Reader(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Span is [0xFE, 0xFF, ..] or [0xFF, 0xFE, ..] or [0, _, ..] or [_, 0, ..]) return Refused("XML is read in UTF-8, not in UTF-16 or UTF-32.");
        if (!TagGuard.Passes(bytes.Span)) return Refused($"A tag has more than {TagGuard.MostAttributes} attributes.");
        return XmlReader.Create(StreamOf(bytes), Reading);
    }

    /// <summary>A reader of a text that is ours or was checked.</summary>
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

    private static Issue Refused(string text) => new(IssueKind.Invalid, text) { Code = "structure" };

    private static MemoryStream StreamOf(ReadOnlyMemory<byte> bytes) =>
        MemoryMarshal.TryGetArray(bytes, out var array)
            ? new(array.Array!, array.Offset, array.Count, writable: false)
            : new(bytes.ToArray(), writable: false);
}
