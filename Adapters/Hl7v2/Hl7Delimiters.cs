using Fhir.Server.Core.Outcomes;

namespace Adapters.Hl7v2;

/// <summary>A message's own separators, as its MSH-1 and MSH-2 name them — HL7 v2.4, 2.7 (message delimiters)</summary>
public sealed record Hl7Delimiters(char Field, char Component, char Repetition, char Escape, char Subcomponent, char? Truncation = null)
{
    /// <summary>What we write with. Partners write with others: ZorgDomein repeats with <c>_</c>.</summary>
    public static readonly Hl7Delimiters Usual = new('|', '^', '~', '\\', '&');

    /// <summary>MSH-2.</summary>
    public string EncodingCharacters => $"{Component}{Repetition}{Escape}{Subcomponent}{Truncation}";

    /// <summary>Reads them from the start of a message: <c>MSH|^~\&amp;|</c>, or five characters since v2.7.</summary>
    public static Result<Hl7Delimiters> Read(string message)
    {
        if (!message.StartsWith("MSH", StringComparison.Ordinal) || message.Length < 8) return new Issue(IssueKind.Invalid, "An HL7 message starts with MSH and its separators.", "MSH-1");
        var end = message.AsSpan(4).IndexOfAny(message[3], '\r', '\n') is var at and >= 0 ? at : message.Length - 4;
        var marks = message.Substring(4, end);
        if (marks.Length is not (4 or 5)) return new Issue(IssueKind.Invalid, "MSH-2 holds four or five encoding characters.", "MSH-2");
        var all = marks + message[3];
        if (all.Distinct().Count() != all.Length || all.Any(c => char.IsLetterOrDigit(c) || char.IsWhiteSpace(c) || c is <= ' ' or > '~'))
            return new Issue(IssueKind.Invalid, "The separators must be different signs.", "MSH-2");
        return new Hl7Delimiters(message[3], marks[0], marks[1], marks[2], marks[3], marks.Length == 5 ? marks[4] : null);
    }
}
