using System.Collections.Frozen;
using System.Globalization;
using System.Net;

namespace Fhir.Server.Core.Elements;

/// <summary>
/// What a narrative may hold (txt-1; four official examples break txt-2, so an empty div is left to full validation) — https://hl7.org/fhir/R4/narrative.html#xhtml. Lists of what is allowed: whatever they
/// do not name (script, iframe, form, on…) is refused, and so is an address that could run or fetch what it should not.
/// </summary>
internal static class NarrativeRule
{
    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Tags = Names(
        "a abbr acronym b big blockquote br caption cite code col colgroup dd dfn div dl dt em h1 h2 h3 h4 h5 h6 hr i img li ol p pre q " +
        "samp small span strong sub sup table tbody td tfoot th thead tr tt ul var");

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Attributes = Names(
        "abbr accesskey align alt axis bgcolor border cellhalign cellpadding cellspacing cellvalign char charoff charset cite class colspan " +
        "compact coords dir frame headers height href hreflang hspace id lang longdesc name nowrap rel rev rowspan rules scope shape span src " +
        "start style summary tabindex title type valign value vspace width xml:lang");

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Schemes = Names("http https mailto tel ftp urn cid");

    private static readonly string[] StyleDangers = ["url(", "expression", "script:", "@import", "behavior", "binding", "\\", "/*"];
    private static readonly string[] PictureTypes = ["data:image/png;", "data:image/jpeg;", "data:image/gif;"];

    /// <summary>Null when the text is a div of allowed XHTML, else why not.</summary>
    public static string? Wrong(string div) => new XhtmlScanner(div).Wrong();

    public static bool AllowsTag(ReadOnlySpan<char> name) => Tags.Contains(name);

    public static bool AllowsAttribute(ReadOnlySpan<char> tag, ReadOnlySpan<char> name, ReadOnlySpan<char> value)
    {
        if (name is "xmlns") return value is "http://www.w3.org/1999/xhtml";
        if (!Attributes.Contains(name)) return false;
        if (name is "style") return Decoded(value) is { } style && !Array.Exists(StyleDangers, style.Contains);
        if (name is not ("href" or "src" or "cite" or "longdesc")) return true;
        return Decoded(value) is { } address && (IsHarmless(address) || (tag is "img" && name is "src" && Array.Exists(PictureTypes, address.StartsWith)));
    }

    // No scheme (a relative address or #fragment), or one of the list.
    private static bool IsHarmless(string address)
    {
        var end = address.AsSpan().IndexOfAny(":/?#");
        return end < 0 || address[end] != ':' || Schemes.Contains(address.AsSpan(0, end));
    }

    // As a browser reads it: entities decoded, blanks and controls gone, lowercase. Null for named entities that only some readers know (&colon;).
    private static string? Decoded(ReadOnlySpan<char> value)
    {
        for (var rest = value; rest.IndexOf('&') is var at and >= 0; rest = rest[(at + 1)..])
            if (!IsPlainEntity(rest[(at + 1)..])) return null;
        var text = WebUtility.HtmlDecode(value.ToString());
        return string.Concat(text.Where(c => c > ' ' && !char.IsControl(c))).ToLower(CultureInfo.InvariantCulture);
    }

    private static bool IsPlainEntity(ReadOnlySpan<char> rest) =>
        rest is ['#', ..] || rest.StartsWith("amp;") || rest.StartsWith("lt;") || rest.StartsWith("gt;") || rest.StartsWith("quot;") || rest.StartsWith("apos;");

    private static FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Names(string names) =>
        names.Split(' ').ToFrozenSet(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
}
