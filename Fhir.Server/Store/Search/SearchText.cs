using System.Text;

namespace Fhir.Server.Store.Search;

/// <summary>Values in a query and their escapes — https://hl7.org/fhir/R4/search.html#escaping</summary>
internal static class SearchText
{
    /// <summary>Splits at a separator that has no backslash before it, and takes the escapes out of the parts.</summary>
    public static IReadOnlyList<string> Split(string text, char separator) => [.. Cut(text, separator).Select(Unescape)];

    /// <summary>Splits likewise, but leaves the escapes for the next split.</summary>
    public static IReadOnlyList<string> Cut(string text, char separator)
    {
        var parts = new List<string>();
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\') i++;
            else if (text[i] == separator)
            {
                parts.Add(text[start..i]);
                start = i + 1;
            }
        }
        parts.Add(text[start..]);
        return parts;
    }

    /// <summary>Takes the backslash from <c>\,</c> <c>\|</c> <c>\$</c> and <c>\\</c>; before anything else it is itself.</summary>
    public static string Unescape(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal)) return text;
        var plain = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 1 < text.Length && text[i + 1] is ',' or '|' or '$' or '\\') i++;
            plain.Append(text[i]);
        }
        return plain.ToString();
    }

    /// <summary>No NUL and no half of a surrogate pair: neither database could hold it, so nothing that is stored has it.</summary>
    public static bool IsStorable(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\0' || char.IsLowSurrogate(text[i])) return false;
            if (char.IsHighSurrogate(text[i]) && (++i == text.Length || !char.IsLowSurrogate(text[i]))) return false;
        }
        return true;
    }
}
