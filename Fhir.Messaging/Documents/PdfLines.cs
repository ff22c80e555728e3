using System.Globalization;
using System.Text;

namespace Fhir.Messaging.Documents;

/// <summary>Any text as lines that fit: cleaned, wrapped by real widths, and put in the order in which it is drawn.</summary>
internal static class PdfLines
{
    /// <summary>The paragraphs of a text, without what has no shape: control characters, byte order marks, half surrogates.</summary>
    public static IEnumerable<string> Paragraphs(string text) =>
        text.ReplaceLineEndings("\n").Split('\n', '\f', '\u2029').Select(Clean);

    /// <summary>Breaks at spaces; a word wider than the line is cut.</summary>
    public static List<string> Wrap(string paragraph, PdfFont font, double size, double width)
    {
        var lines = new List<string>();
        var (start, lastSpace, used, at) = (0, -1, 0.0, 0);
        foreach (var character in paragraph.EnumerateRunes())
        {
            var advance = font.WidthOf(character, size);
            if (character.Value == ' ') lastSpace = at;
            else if (used + advance > width && at > start)
            {
                var end = lastSpace > start ? lastSpace : at;
                lines.Add(paragraph[start..end].TrimEnd(' '));
                start = lastSpace > start ? end + 1 : end;
                (used, lastSpace) = (font.WidthOf(paragraph.AsSpan(start, at - start), size), -1);
            }
            used += advance;
            at += character.Utf16SequenceLength;
        }
        lines.Add(paragraph[start..].TrimEnd(' '));
        return lines;
    }

    /// <summary>One line that fits, cut with an ellipsis where it must be.</summary>
    public static string Fit(string text, PdfFont font, double size, double width)
    {
        var clean = Clean(text);
        var lines = Wrap(clean, font, size, width);
        return lines.Count == 1 ? clean : Wrap(clean, font, size, width - font.WidthOf("…", size))[0] + "…";
    }

    /// <summary>Hebrew and Arabic read from the right: their runs are drawn backwards, the numbers inside them forwards.</summary>
    public static string Visual(string line)
    {
        var runes = line.EnumerateRunes().ToArray();
        for (var i = 0; i < runes.Length; i++)
        {
            if (!IsRightToLeft(runes[i])) continue;
            var end = i + 1;
            for (var j = end; j < runes.Length && !IsLeftToRight(runes[j]); j++) if (IsRightToLeft(runes[j])) end = j + 1;
            Turn(runes.AsSpan(i, end - i));
            i = end;
        }
        return string.Concat(runes);
    }

    private static void Turn(Span<Rune> run)
    {
        run.Reverse();
        for (var i = 0; i < run.Length; i++)
        {
            run[i] = Mirrored(run[i]);
            var digits = i;
            while (digits < run.Length && Rune.IsDigit(run[digits])) digits++;
            run[i..digits].Reverse();
            i = Math.Max(i, digits - 1);
        }
    }

    private static Rune Mirrored(Rune c) => c.Value switch
    {
        '(' => new(')'), ')' => new('('), '[' => new(']'), ']' => new('['), '{' => new('}'), '}' => new('{'), '<' => new('>'), '>' => new('<'),
        _ => c,
    };

    private static bool IsLeftToRight(Rune c) => Rune.IsLetter(c) && !IsRightToLeft(c);
    private static bool IsRightToLeft(Rune c) =>
        c.Value is (>= 0x0590 and <= 0x08FF) or (>= 0xFB1D and <= 0xFDFF) or (>= 0xFE70 and <= 0xFEFC) or (>= 0x10800 and <= 0x10FFF) or (>= 0x1E800 and <= 0x1EFFF)
        && !Rune.IsDigit(c);

    // Runes read a half surrogate as U+FFFD, so what follows is valid text.
    private static string Clean(string text)
    {
        var clean = new StringBuilder(text.Length);
        foreach (var character in text.EnumerateRunes())
        {
            if (character.Value == '\t') clean.Append("    ");
            else if (Rune.GetUnicodeCategory(character) is not (UnicodeCategory.Control or UnicodeCategory.Format)) clean.Append(character);
        }
        return clean.ToString().Normalize(NormalizationForm.FormC);
    }
}
