using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;
using System.Xml;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Outcomes;

namespace Fhir.Server.Core.Xml;

/// <summary>XML text to the element tree that the same resource in JSON gives — https://hl7.org/fhir/R4/xml.html</summary>
public static class FhirXmlReader
{
    internal const string Fhir = "http://hl7.org/fhir";
    internal const string Xhtml = "http://www.w3.org/1999/xhtml";

    /// <summary>
    /// Reads one resource. What is wrong is told with its place, up to 20 issues at once (<see cref="Issue.Others"/>); what a value
    /// may be is left to the structure check. Depth counts as it would in JSON, so that what is read here can be kept as JSON.
    /// </summary>
    public static Result<Element> Read(ReadOnlyMemory<byte> utf8, DefinitionSet definitions, int maxDepth = JsonReader.MaxDepth)
    {
        if (NotText(utf8.Span) is { } issue) return issue;
        using var reader = SafeXml.Reader(StreamOf(utf8));
        var parser = new XmlParser(reader, definitions, maxDepth);
        try
        {
            var root = parser.Document();
            return parser.Wrong is { } wrong ? wrong : root!;
        }
        catch (XmlException e)
        {
            return parser.Malformed(e, utf8.Span);
        }
    }

    // FHIR's XML is UTF-8; the platform's reader would take a dozen encodings, each a way around a filter that knows one.
    private static Issue? NotText(ReadOnlySpan<byte> bytes)
    {
        if (bytes is [0xFE, 0xFF, ..] or [0xFF, 0xFE, ..] or [0, _, ..] or [_, 0, ..]) return new Issue(IssueKind.Invalid, "FHIR's XML is written in UTF-8, not in UTF-16 or UTF-32.") { Code = "structure" };
        return Utf8.IsValid(bytes) ? null : new Issue(IssueKind.Invalid, "The text is not valid UTF-8.") { Code = "structure" };
    }

    private static MemoryStream StreamOf(ReadOnlyMemory<byte> bytes) =>
        MemoryMarshal.TryGetArray(bytes, out var array)
            ? new(array.Array!, array.Offset, array.Count, writable: false)
            : new(bytes.ToArray(), writable: false);
}
