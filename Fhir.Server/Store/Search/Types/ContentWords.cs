using System.Net;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Search.Types;

/// <summary>
/// _text and _content — https://hl7.org/fhir/R4/search.html#content: the words of the narrative, and those of all texts and codes of a resource with its narrative.
/// A word is letters and digits in a row, without case and accents; each is a row of ix_tok under the parameter's number.
/// </summary>
internal static class ContentWords
{
    public const string Narrative = "_text", All = "_content";

    /// <summary>Makes the rows of a resource of a type that is indexed so.</summary>
    public static void Index(Element resource, SearchCatalog catalog, IndexEntries to)
    {
        if (!catalog.Definitions.WordsOf.Contains(resource.Type)) return;
        var parameters = catalog.Of(resource.Type);
        if (parameters.TryGetValue(Narrative, out var narrative)) Collect(resource["text"]["div"], narrative, to, catalog.Hash);
        if (parameters.TryGetValue(All, out var all)) Collect(resource, all, to, catalog.Hash);
    }

    private static void Collect(Element element, SearchParameter parameter, IndexEntries to, KeyedHash hash)
    {
        if (element is { Text: { } text, Type: "string" or "markdown" or "code" or "xhtml" }) Add(element.Type == "xhtml" ? Plain(text) : text, parameter, to, hash);
        foreach (var child in element.Children) Collect(child, parameter, to, hash);
    }

    private static void Add(string text, SearchParameter parameter, IndexEntries to, KeyedHash hash)
    {
        foreach (var word in In(text))
        {
            to.Tokens.Add((parameter.Numbers[0], Hash(word, hash)));
            to.Has |= parameter.Bit;
        }
    }

    /// <summary>The words of a text.</summary>
    public static IEnumerable<string> In(string text)
    {
        var folded = Folding.Fold(text);
        for (var (start, at) = (0, 0); at <= folded.Length; at++)
        {
            if (at < folded.Length && (char.IsLetterOrDigit(folded[at]) || char.IsSurrogate(folded[at]))) continue;
            if (at > start) yield return folded[start..at];
            start = at + 1;
        }
    }

    public static long Hash(string word, KeyedHash hash) => hash.Of('t', word);

    // What stands between the tags.
    private static string Plain(string xhtml)
    {
        var plain = new System.Text.StringBuilder(xhtml.Length);
        var inTag = false;
        foreach (var c in xhtml)
        {
            if (c == '<') plain.Append(' ');
            inTag = c == '<' || (inTag && c != '>');
            if (!inTag && c != '>') plain.Append(c);
        }
        return WebUtility.HtmlDecode(plain.ToString());
    }
}

/// <summary>Searched words: all of them stand in the resource, in whatever order.</summary>
internal sealed record WordsValue(IReadOnlyList<string> Words) : SearchValue("ix_tok")
{
    private const int Most = 32;

    public static Result<SearchValue> Parse(string text)
    {
        var plain = SearchText.Unescape(text);
        if (plain.AsSpan().ContainsAny("*\"()") || plain.Split(' ').Any(word => word is "AND" or "OR" or "NOT"))
            return new Issue(IssueKind.Unsupported, "Whole words are searched for, all of which must be there; commas between them mean or. There are no phrases, wildcards and operators.") { Code = "not-supported" };
        var words = ContentWords.In(plain).Distinct(StringComparer.Ordinal).OrderByDescending(word => word.Length).ToList();
        if (words.Count > Most) return new Issue(IssueKind.Unsupported, $"At most {Most} words are searched for together.") { Code = "too-costly" };
        return words.Count == 0 ? new Issue(IssueKind.Invalid, "It names no word to search for.") : new WordsValue(words);
    }

    public override bool IsPoint => Words.Count == 1;
    public override long? Point(Lookup lookup) => Words is [var only] ? ContentWords.Hash(only, lookup.Hash) : null;

    public override Sql Where(SearchParameter parameter, Lookup lookup) => Sql.All(Words.Skip(1)
        .Select(word => Sql.Of($"exists (select 1 from ix_tok w where w.p = i.p and w.v = {ContentWords.Hash(word, lookup.Hash)} and w.rid = i.rid)"))
        .Prepend(Sql.Of($"i.v = {ContentWords.Hash(Words[0], lookup.Hash)}")));
}
