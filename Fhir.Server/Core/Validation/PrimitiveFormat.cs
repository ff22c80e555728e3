using System.Buffers;
using System.Buffers.Text;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.Validation;

/// <summary>What the text of each primitive may be — https://hl7.org/fhir/R4/datatypes.html#primitive. Scanners, no regular expressions: every value passes here.</summary>
internal static class PrimitiveFormat
{
    private const int LongestString = 1024 * 1024;
    private const int LongestDecimal = 100;

    private static readonly SearchValues<char> Blanks = SearchValues.Create(" \t\r\n\f\v\u00A0");

    /// <summary>Null when the text is well formed, else what it should have been.</summary>
    public static string? Wrong(Primitive type, string text) => type switch
    {
        Primitive.None => null,
        Primitive.String or Primitive.Markdown or Primitive.Xhtml => WrongString(text),
        Primitive.Code => IsCode(text) ? null : "A code has no spaces at its ends, nor two in a row.",
        Primitive.Uri or Primitive.Url or Primitive.Canonical => IsUri(text) ? null : "A URI holds no spaces.",
        Primitive.Id => Reference.IsId(text) ? null : "An id is 1 to 64 letters, digits, '-' and '.'.",
        Primitive.Boolean => text is "true" or "false" ? null : "A boolean is true or false.",
        Primitive.Date => IsDate(text) ? null : "A date is YYYY, YYYY-MM or YYYY-MM-DD and exists.",
        Primitive.DateTime => IsDateTime(text) ? null : "A dateTime is a date, or a date and time with seconds and time zone, and exists.",
        Primitive.Instant => IsInstant(text) ? null : "An instant is a date and time with seconds and time zone, and exists.",
        Primitive.Time => IsTime(text) ? null : "A time is hh:mm:ss and exists.",
        Primitive.Decimal => IsDecimal(text) ? null : "A decimal is a number of at most 100 characters and three digits of exponent.",
        Primitive.Integer => IsInteger(text, int.MinValue) ? null : "An integer is a whole number of 32 bits without exponent.",
        Primitive.UnsignedInt => IsInteger(text, 0) ? null : "An unsignedInt is a whole number of 31 bits from 0 up.",
        Primitive.PositiveInt => IsInteger(text, 1) ? null : "A positiveInt is a whole number of 31 bits from 1 up.",
        Primitive.Base64Binary => Base64.IsValid(text) ? null : "The content is not base64.",
        Primitive.Oid => IsOid(text) ? null : "An oid is urn:oid: and numbers between points.",
        Primitive.Uuid => IsUuid(text) ? null : "A uuid is urn:uuid: and a lowercase UUID.",
    };

    private static string? WrongString(string text) =>
        text.Length > LongestString ? "A string is at most 1 MB."
        : HasControl(text) ? "A string holds no control characters but tab, carriage return and line feed."
        : null;

    private static bool HasControl(ReadOnlySpan<char> text)
    {
        for (int at; (at = text.IndexOfAnyInRange('\0', '\x1F')) >= 0; text = text[(at + 1)..])
            if (text[at] is not ('\t' or '\r' or '\n')) return true;
        return false;
    }

    private static bool IsCode(string text) =>
        text.Length > 0 && text[0] != ' ' && text[^1] != ' ' && !HasOtherBlank(text) && !text.Contains("  ", StringComparison.Ordinal);

    private static bool HasOtherBlank(ReadOnlySpan<char> text) => text.IndexOfAnyInRange('\0', '\x1F') >= 0 || text.Contains('\u00A0');

    private static bool IsUri(ReadOnlySpan<char> text) => text.Length > 0 && !text.ContainsAny(Blanks) && text.IndexOfAnyInRange('\0', '\x1F') < 0;

    private static bool IsDate(string text) => FhirDateTime.TryParse(text, out var date) && date.Precision <= DatePrecision.Day;

    private static bool IsDateTime(string text) => FhirDateTime.TryParse(text, out var time) && (time.Precision <= DatePrecision.Day || IsExact(time));

    private static bool IsInstant(string text) => FhirDateTime.TryParse(text, out var time) && IsExact(time);

    private static bool IsExact(FhirDateTime time) => time is { Precision: >= DatePrecision.Second, HasZone: true };

    private static bool IsTime(string text) =>
        FhirDateTime.TryTimeOfDay(text, out var precision, out _, out var rest) && rest.IsEmpty && precision >= DatePrecision.Second;

    private static bool IsInteger(ReadOnlySpan<char> text, int lowest)
    {
        var digits = text is ['-', ..] ? text[1..] : text;
        if (digits.IsEmpty || (digits[0] == '0' && text.Length > 1) || digits.ContainsAnyExceptInRange('0', '9')) return false;
        return int.TryParse(text, System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out var number) && number >= lowest;
    }

    // -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?
    private static bool IsDecimal(ReadOnlySpan<char> text)
    {
        if (text.Length > LongestDecimal) return false;
        if (text is ['-', ..]) text = text[1..];
        var whole = Digits(text);
        if (whole == 0 || (whole > 1 && text[0] == '0')) return false;
        text = text[whole..];
        if (text is ['.', ..])
        {
            var fraction = Digits(text[1..]);
            if (fraction == 0) return false;
            text = text[(1 + fraction)..];
        }
        return text.IsEmpty || (text is ['e' or 'E', ..] && IsExponent(text[1..]));
    }

    // More digits than any quantity needs would only serve to exhaust whoever counts with them.
    private static bool IsExponent(ReadOnlySpan<char> text)
    {
        if (text is ['+' or '-', ..]) text = text[1..];
        return Digits(text) == text.Length && text.Length is > 0 and <= 3;
    }

    private static int Digits(ReadOnlySpan<char> text) => text.IndexOfAnyExceptInRange('0', '9') is var end and >= 0 ? end : text.Length;

    // urn:oid:[0-2](\.(0|[1-9][0-9]*))+
    private static bool IsOid(ReadOnlySpan<char> text)
    {
        const string Prefix = "urn:oid:";
        if (!text.StartsWith(Prefix, StringComparison.Ordinal)) return false;
        text = text[Prefix.Length..];
        if (text is not ['0' or '1' or '2', '.', ..]) return false;
        foreach (var part in text[2..].Split('.'))
        {
            var arc = text[2..][part];
            if (arc.IsEmpty || (arc[0] == '0' && arc.Length > 1) || arc.ContainsAnyExceptInRange('0', '9')) return false;
        }
        return true;
    }

    private static bool IsUuid(ReadOnlySpan<char> text)
    {
        const string Prefix = "urn:uuid:";
        return text.StartsWith(Prefix, StringComparison.Ordinal) && Guid.TryParseExact(text[Prefix.Length..], "D", out _)
            && text[Prefix.Length..].IndexOfAnyInRange('A', 'F') < 0;
    }
}
