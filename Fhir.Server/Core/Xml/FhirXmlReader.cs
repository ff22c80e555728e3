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
    public static Result<Element> Read(ReadOnlyMemory<byte> utf8, DefinitionSet definitions, int maxDepth = JsonReader.MaxDepth) => Read(utf8, definitions, maxDepth, null);

    /// <summary>
    /// The same for a batch, where a broken resource is the failure of its entry and of no other: that entry comes without its resource,
    /// and <paramref name="broken"/> tells by the entry's index what was wrong.
    /// </summary>
    public static Result<Element> ReadBundle(ReadOnlyMemory<byte> utf8, DefinitionSet definitions, int maxDepth, IDictionary<int, Issue> broken) => Read(utf8, definitions, maxDepth, broken);

    private static Result<Element> Read(ReadOnlyMemory<byte> utf8, DefinitionSet definitions, int maxDepth, IDictionary<int, Issue>? broken)
    {
        if (!Utf8.IsValid(utf8.Span) && utf8.Span is not ([0xFE, 0xFF, ..] or [0xFF, 0xFE, ..])) return new Issue(IssueKind.Invalid, "The text is not valid UTF-8.") { Code = "structure" };
        if (SafeXml.Reader(utf8).Failed(out var issue, out var opened)) return issue;
        using var reader = opened;
        var parser = new XmlParser(reader, definitions, maxDepth, broken);
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
}
