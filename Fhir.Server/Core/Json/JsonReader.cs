using System.Text.Json;
using System.Text.Unicode;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;

namespace Fhir.Server.Core.Json;

/// <summary>JSON text to an element tree, in one pass — https://hl7.org/fhir/R4/json.html</summary>
public static class JsonReader
{
    /// <summary>How deep objects and arrays may stand in each other unless told otherwise.</summary>
    public const int MaxDepth = 64;

    /// <summary>
    /// Reads one resource. Offsets in the tree count from the start of <paramref name="utf8"/>. What is wrong is told with its
    /// place, up to 20 issues at once (<see cref="Issue.Others"/>); what a value may be is left to the structure check.
    /// </summary>
    public static Result<Element> Read(ReadOnlyMemory<byte> utf8, DefinitionSet definitions, int maxDepth = MaxDepth)
    {
        if (NotText(utf8.Span) is { } issue) return issue;
        var parser = new JsonParser(utf8.Span, definitions, maxDepth);
        try
        {
            var root = parser.Resource();
            return parser.Wrong is { } wrong ? wrong : root!;
        }
        catch (JsonException e)
        {
            return parser.Malformed(e);
        }
    }

    /// <summary>The JSON itself, whatever it means: the same tokens and string rules as <see cref="Read"/>.</summary>
    internal static Issue? CheckSyntax(ReadOnlyMemory<byte> utf8, DefinitionSet definitions)
    {
        if (NotText(utf8.Span) is { } issue) return issue;
        var parser = new JsonParser(utf8.Span, definitions, MaxDepth);
        try
        {
            parser.AnyValue();
            return parser.Wrong;
        }
        catch (JsonException e)
        {
            return parser.Malformed(e);
        }
    }

    private static Issue? NotText(ReadOnlySpan<byte> utf8) =>
        Utf8.IsValid(utf8) ? null : new Issue(IssueKind.Invalid, "The text is not valid UTF-8.") { Code = "structure" };
}
