using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Fhir.Server.Core.Outcomes;

namespace Adapters.Hl7v2;

/// <summary>An HL7 v2 message: segments of fields, repetitions, components and subcomponents — HL7 v2.4, chapter 2</summary>
public sealed partial class Hl7Message
{
    private readonly Encoding _charset;

    internal Hl7Message(ImmutableArray<Hl7Segment> segments, Hl7Delimiters marks, Encoding charset) =>
        (Segments, Marks, _charset) = (segments, marks, charset);

    public ImmutableArray<Hl7Segment> Segments { get; }
    public Hl7Delimiters Marks { get; }

    /// <summary>Such as <c>ORU^R01</c>.</summary>
    public string Event => $"{this["MSH-9.1"]}^{this["MSH-9.2"]}";

    /// <summary>The text at <c>PID-5</c>, <c>PID-5.1.2</c>, <c>PID-3(2).4</c> or <c>OBX[2]-5.5</c>: what is not named is 1; "" where there is none.</summary>
    public string this[string place]
    {
        get
        {
            var match = Place().Match(place);
            if (!match.Success) throw new ArgumentException($"'{place}' is no place in an HL7 message.", nameof(place));
            int Number(string part) => match.Groups[part] is { Success: true, Value: var digits } ? int.Parse(digits, CultureInfo.InvariantCulture) : 1;
            var segment = Segments.Where(s => s.Name == match.Groups["segment"].Value).ElementAtOrDefault(Number("nth") - 1);
            return segment?.Value(Number("field"), Number("repetition"), Number("component"), Number("subcomponent")) ?? "";
        }
    }

    /// <summary>Reads the character set from MSH-18; without one UTF-8 if it is that, else Latin-1.</summary>
    public static Result<Hl7Message> Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith(Encoding.UTF8.Preamble)) bytes = bytes[3..];
        var asLatin = Encoding.Latin1.GetString(bytes);
        if (Parse(asLatin, Encoding.Latin1).Failed(out var issue, out var message)) return issue;
        if (message["MSH-18"] == "8859/1" || Ascii.IsValid(bytes)) return message;
        return AsUtf8(bytes) is { } text ? Parse(text, Encoding.UTF8)
            : message["MSH-18"] == "UNICODE UTF-8" ? new Issue(IssueKind.Invalid, "The message is not in the character set that it names.", "MSH-18")
            : message;
    }

    public byte[] ToBytes() => _charset.GetBytes(ToString());

    /// <summary>Each segment ends with a carriage return.</summary>
    public override string ToString() => string.Concat(Segments.Select(segment => $"{segment}\r"));

    private static Result<Hl7Message> Parse(string text, Encoding charset)
    {
        if (Hl7Delimiters.Read(text).Failed(out var issue, out var marks)) return issue;
        var segments = ImmutableArray.CreateBuilder<Hl7Segment>();
        foreach (var line in text.Split('\r', '\n').Where(line => line.Length > 0))
        {
            var fields = line.Split(marks.Field);
            if (!SegmentName().IsMatch(fields[0])) return new Issue(IssueKind.Invalid, $"Line {segments.Count + 1} is not a segment.");
            segments.Add(new Hl7Segment([.. fields], marks, charset));
        }
        return new Hl7Message(segments.ToImmutable(), marks, charset);
    }

    private static string? AsUtf8(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    [GeneratedRegex(@"^(?<segment>[A-Z][A-Z0-9]{2})(\[(?<nth>\d+)\])?-(?<field>\d+)(\((?<repetition>\d+)\))?(\.(?<component>\d+))?(\.(?<subcomponent>\d+))?$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Place();

    [GeneratedRegex("^[A-Z][A-Z0-9]{2}$", RegexOptions.NonBacktracking)]
    private static partial Regex SegmentName();
}
