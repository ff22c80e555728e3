using Fhir.Server.Core.Elements;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Search.Types;

/// <summary>uri — https://hl7.org/fhir/R4/search.html#uri: exact and case-sensitive; above and below go by segments: of the path, and of the fragment.</summary>
internal static class UriText
{
    private const int Longest = 800;   // what a PostgreSQL index entry can hold, whatever the characters; X tells longer ones apart

    public static bool Index(Element element, int p, IndexEntries to, KeyedHash hash)
    {
        if (element.Text is not { } url) return false;
        foreach (var name in element.Type == "canonical" ? ReferenceText.Names(url) : [url]) to.Strings.Add((p, 0, Start(name), hash.Of('u', name)));
        return true;
    }

    public static Sql Equals(string url, KeyedHash hash) =>
        Sql.Of($"i.v = 0 and i.s = {Start(url)} and i.x = {hash.Of('u', url)}");

    /// <summary>The url itself and all that stands below it.</summary>
    public static Sql Below(string url, KeyedHash hash) => Sql.Of($"i.v = 0 and {Sql.Any([Is(url, hash), .. Dividers(url).Select(divider => Start(url.TrimEnd('/') + divider)).Select(below => Sql.Of($"(i.s >= {below} and i.s < {below + "\U0010FFFF"})"))])}");

    /// <summary>The url itself and all that it stands below.</summary>
    public static Sql Above(string url, KeyedHash hash) =>
        Sql.Of($"i.v = 0 and {Sql.Any(Ancestors(url).Select(one => Is(one, hash)))}");

    private static Sql Is(string url, KeyedHash hash) => Sql.Of($"(i.s = {Start(url)} and i.x = {hash.Of('u', url)})");

    private static IEnumerable<string> Ancestors(string url)
    {
        const int most = 30;
        yield return url;
        var (root, fragment) = (url.IndexOf("://", StringComparison.Ordinal) + 3, url.IndexOf('#', StringComparison.Ordinal));
        for (var (end, left) = (url.Length - 1, most); end > root && left > 0; end--)
        {
            if (!(fragment >= 0 && end >= fragment ? InFragment : "/").Contains(url[end], StringComparison.Ordinal)) continue;
            yield return url[..end];
            left--;
        }
    }

    // What divides a fragment: http://example.org/rdf#54135-9 stands above http://example.org/rdf#54135-9-10.
    private const string InFragment = "#/-.:";

    // What may follow a url that something stands below.
    private static string Dividers(string url) => url.Contains('#', StringComparison.Ordinal) ? InFragment[1..] : "/#";

    private static string Start(string url) => url.Length <= Longest ? url : url[..(char.IsHighSurrogate(url[Longest - 1]) ? Longest - 1 : Longest)];
}

/// <summary>How a searched uri is compared.</summary>
internal enum UriMatch { Equal, Above, Below }

/// <summary>A searched uri.</summary>
internal sealed record UriValue(string Url, UriMatch Match) : SearchValue("ix_str")
{
    // A urn has no segments: nothing is above or below it.
    public override Sql Where(SearchParameter parameter, Lookup lookup) =>
        Match is not UriMatch.Equal && Url.StartsWith("urn:", StringComparison.Ordinal) ? Sql.False : Where(lookup.Hash);

    private Sql Where(KeyedHash hash) => Match switch
    {
        UriMatch.Equal => UriText.Equals(Url, hash),
        UriMatch.Above => UriText.Above(Url, hash),
        UriMatch.Below => UriText.Below(Url, hash),
    };
}
