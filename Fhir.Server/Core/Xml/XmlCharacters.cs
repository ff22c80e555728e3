using System.Buffers;

namespace Fhir.Server.Core.Xml;

/// <summary>The characters that XML 1.0 can hold — https://www.w3.org/TR/xml/#charsets. JSON can hold a few more.</summary>
internal static class XmlCharacters
{
    private static readonly SearchValues<char> Doubtful = SearchValues.Create([.. Enumerable.Range(0, char.MaxValue + 1).Select(c => (char)c).Where(c => !System.Xml.XmlConvert.IsXmlChar(c))]);

    /// <summary>The text, with U+FFFD in the place of what XML cannot hold.</summary>
    public static string Only(string text)
    {
        var first = text.AsSpan().IndexOfAny(Doubtful);
        return first < 0 ? text : string.Create(text.Length, text, static (to, from) =>
        {
            for (var i = 0; i < from.Length; i++) to[i] = IsHeld(from, i) ? from[i] : '\uFFFD';
        });
    }

    private static bool IsHeld(string text, int at) => char.IsSurrogate(text[at])
        ? char.IsSurrogatePair(text, at - (char.IsLowSurrogate(text[at]) && at > 0 ? 1 : 0))
        : System.Xml.XmlConvert.IsXmlChar(text[at]);
}
