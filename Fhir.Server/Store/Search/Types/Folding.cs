using System.Globalization;
using System.Text;

namespace Fhir.Server.Store.Search.Types;

/// <summary>
/// Text as strings are compared — https://hl7.org/fhir/R4/search.html#string: without case and accents (NFKD, marks stripped).
/// The table is our own because .NET's normalization needs ICU, which the server does without.
/// </summary>
internal static class Folding
{
    private static readonly Lazy<Dictionary<char, string>> Table = new(Load);

    public static string Fold(string text)
    {
        if (Ascii.IsValid(text)) return text.ToLowerInvariant();
        var folded = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (c < 0x80) folded.Append(char.ToLowerInvariant(c));
            else if (c is >= '\uAC00' and <= '\uD7A3') AppendHangul(folded, c - 0xAC00);
            else if (Table.Value.TryGetValue(c, out var other)) folded.Append(other);
            else folded.Append(c);
        }
        return folded.Length > 0 ? folded.ToString() : text;   // nothing but marks: then these are the text
    }

    // A Hangul syllable and the letters that it is made of are the same text.
    private static void AppendHangul(StringBuilder folded, int syllable)
    {
        folded.Append((char)(0x1100 + (syllable / 588))).Append((char)(0x1161 + (syllable % 588 / 28)));
        if (syllable % 28 > 0) folded.Append((char)(0x11A7 + (syllable % 28)));
    }

    private static Dictionary<char, string> Load()
    {
        using var stream = typeof(Folding).Assembly.GetManifestResourceStream("folding.txt")!;
        using var reader = new StreamReader(stream);
        var table = new Dictionary<char, string>();
        while (reader.ReadLine() is { } line)
            table[(char)Hex(line.AsSpan(0, 4))] = string.Concat(line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(code => char.ConvertFromUtf32(Hex(code))));
        return table;
    }

    private static int Hex(ReadOnlySpan<char> code) => int.Parse(code, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
