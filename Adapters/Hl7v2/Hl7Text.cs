using System.Globalization;
using System.Text;

namespace Adapters.Hl7v2;

/// <summary>Text to its escaped form and back — HL7 v2.4, 2.10 (use of escape sequences in text fields)</summary>
public static class Hl7Text
{
    /// <summary>No separator and no control character survives: a value can neither end its field nor start a segment or a frame.</summary>
    public static string Escape(string value, Hl7Delimiters marks)
    {
        var text = new StringBuilder(value.Length);
        foreach (var c in value.ReplaceLineEndings("\n")) AppendEscaped(text, c, marks);
        return text.ToString();
    }

    /// <summary>A sequence that is not known stays as it came.</summary>
    public static string Unescape(string raw, Hl7Delimiters marks, Encoding charset)
    {
        if (!raw.Contains(marks.Escape)) return raw;
        var text = new StringBuilder(raw.Length);
        for (var i = 0; i < raw.Length; i++)
        {
            var end = raw[i] == marks.Escape ? raw.IndexOf(marks.Escape, i + 1) : -1;
            if (end > 0 && Meaning(raw[(i + 1)..end], marks, charset) is { } meaning)
            {
                text.Append(meaning);
                i = end;
            }
            else text.Append(raw[i]);
        }
        return text.ToString();
    }

    private static void AppendEscaped(StringBuilder text, char c, Hl7Delimiters marks)
    {
        var sequence = c switch
        {
            '\n' => ".br",
            _ when c == marks.Field => "F",
            _ when c == marks.Component => "S",
            _ when c == marks.Subcomponent => "T",
            _ when c == marks.Repetition => "R",
            _ when c == marks.Escape => "E",
            _ when c == marks.Truncation => "P",
            < ' ' or '\x7f' => string.Create(CultureInfo.InvariantCulture, $"X{(int)c:X2}"),
            _ => null,
        };
        if (sequence is null) text.Append(c);
        else text.Append(marks.Escape).Append(sequence).Append(marks.Escape);
    }

    private static string? Meaning(string sequence, Hl7Delimiters marks, Encoding charset) => sequence switch
    {
        "F" => $"{marks.Field}",
        "S" => $"{marks.Component}",
        "T" => $"{marks.Subcomponent}",
        "R" => $"{marks.Repetition}",
        "E" => $"{marks.Escape}",
        "P" when marks.Truncation is { } truncation => $"{truncation}",
        ".br" or ".BR" or ".sp" or ".SP" => "\n",
        ['X', _, ..] when sequence.Length % 2 == 1 && sequence.Skip(1).All(char.IsAsciiHexDigit) => charset.GetString(Convert.FromHexString(sequence[1..])),
        _ => null,
    };
}
