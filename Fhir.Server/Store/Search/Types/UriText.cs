using Fhir.Server.Core.Elements;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Search.Types;

/// <summary>uri — https://hl7.org/fhir/R4/search.html#uri: exact and case-sensitive; above and below go by path segments.</summary>
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
    public static Sql Below(string url, KeyedHash hash)
    {
        var below = Start(url.TrimEnd('/')) + "/";
        return Sql.Of($"i.v = 0 and ((i.s = {Start(url)} and i.x = {hash.Of('u', url)}) or (i.s >= {below} and i.s < {below + "\U0010FFFF"}))");
    }

    /// <summary>The url itself and all that it stands below.</summary>
    public static Sql Above(string url, KeyedHash hash) =>
        Sql.Of($"i.v = 0 and {Sql.Any(Ancestors(url).Select(one => Sql.Of($"(i.s = {Start(one)} and i.x = {hash.Of('u', one)})")))}");

    private static IEnumerable<string> Ancestors(string url)
    {
        const int most = 30;
        yield return url;
        var root = url.IndexOf("://", StringComparison.Ordinal) + 3;
        for (var (slash, left) = (url.LastIndexOf('/'), most); slash > root && left > 0; slash = url.LastIndexOf('/', slash - 1), left--) yield return url[..slash];
    }

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
