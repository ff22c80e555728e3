using Fhir.Server.Core.Elements;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Search.Types;

/// <summary>string — https://hl7.org/fhir/R4/search.html#string: without case and accents, from the start of any part.</summary>
internal static class StringText
{
    // A row holds the first Longest characters. What follows in a longer text stands in windows of the same size, half of
    // each overlapping the next, so that :contains finds any piece of up to Step characters.
    private const int Longest = 100, Step = Longest / 2, MostWindows = 2000;
    private const long Whole = 0, Window = 1;

    /// <summary>The texts that a stored element answers to, each part of a name or address for itself.</summary>
    public static IEnumerable<string> In(Element element) => element.Type switch
    {
        "HumanName" or "Address" => element.Children.Where(c => c.Text is not null && c.Name is not ("use" or "type")).Select(c => c.Text!),
        "CodeableConcept" => element["text"].Text is { } text ? [text] : [],
        _ => element.Text is { } text ? [text] : [],
    };

    public static bool Index(Element element, SearchParameter parameter, IndexEntries to, KeyedHash hash)
    {
        var some = false;
        foreach (var text in In(element))
        {
            some = true;
            IndexWhole(text, parameter.Numbers[0], to, hash, parameter.KeepsWords ? to.Words : null);
        }
        return some;
    }

    /// <summary>The rows of one text by itself.</summary>
    public static void IndexWhole(string text, int p, IndexEntries to, KeyedHash hash, HashSet<string>? words = null)
    {
        var folded = Folding.Fold(text);
        Add(Whole, Start(folded), Exact(text, hash));
        for (var (at, left) = (Step, MostWindows); at + Step < folded.Length && left > 0; at += Step, left--) Add(Window, Cut(folded, at, Longest), 0);

        void Add(long v, string s, long x)
        {
            to.Strings.Add((p, v, s, x));
            words?.Add(s);
        }
    }

    /// <summary>The row of a text as part of a composite.</summary>
    public static void IndexPart(string text, int p, long token, IndexEntries to, KeyedHash hash) =>
        to.Strings.Add((p, token, Start(Folding.Fold(text)), Exact(text, hash)));

    /// <summary>Rows that start with the text; <paramref name="v"/> is the token of a composite, or 0.</summary>
    public static Sql StartsWith(string text, long v)
    {
        var start = Start(Folding.Fold(text));
        return Sql.Of($"i.v = {v} and i.s >= {start} and i.s < {start + "\U0010FFFF"}");
    }

    /// <summary>Rows that are exactly the text, case and accents included.</summary>
    public static Sql Equals(string text, KeyedHash hash) =>
        Sql.Of($"i.v = 0 and i.s = {Start(Folding.Fold(text))} and i.x = {Exact(text, hash)}");

    /// <summary>The pieces by which a text is found inside of others: one, unless it is long.</summary>
    public static IReadOnlyList<string> Pieces(string text)
    {
        var folded = Folding.Fold(text);
        var pieces = new List<string>();
        for (var at = 0; at == 0 || at + (Step / 2) < folded.Length; at += Step / 2) pieces.Add(Cut(folded, at, Step));
        return pieces;
    }

    /// <summary>Rows, windows included, that hold the piece.</summary>
    public static Sql Contains(Sql alias, string piece) =>
        Sql.Of($"{alias}.v in (0, 1) and {Like(alias, piece)}");

    public static Sql Like(Sql alias, string piece) => Sql.Of($"{alias}.s like {$"%{Escaped(piece)}%"} escape '!'");

    public static bool IsLong(string text) => Folding.Fold(text).Length > Longest;

    private static string Escaped(string piece) =>
        piece.Replace("!", "!!", StringComparison.Ordinal).Replace("%", "!%", StringComparison.Ordinal).Replace("_", "!_", StringComparison.Ordinal);

    private static string Start(string folded) => Cut(folded, 0, Longest);

    private static long Exact(string text, KeyedHash hash) => hash.Of('x', text);

    // Never through a surrogate pair: half of one is no text.
    private static string Cut(string text, int at, int length)
    {
        var end = Math.Min(at + length, text.Length);
        if (end < text.Length && char.IsHighSurrogate(text[end - 1])) end--;
        if (at > 0 && char.IsLowSurrogate(text[at])) at++;
        return text[at..end];
    }
}

/// <summary>How a searched text is compared.</summary>
internal enum StringMatch { Start, Exact, Contains }

/// <summary>A searched text.</summary>
internal sealed record StringValue(string Text, StringMatch Match) : SearchValue("ix_str")
{
    public override Sql Where(SearchParameter parameter, Lookup lookup) => Match switch
    {
        StringMatch.Exact => StringText.Equals(Text, lookup.Hash),
        StringMatch.Contains => Holding(StringText.Contains(Sql.Raw("i"), StringText.Pieces(Text)[0]), StringText.Pieces(Text).Skip(1)),
        StringMatch.Start => Holding(StringText.StartsWith(Text, v: 0), StringText.IsLong(Text) ? StringText.Pieces(Text) : []),
    };

    /// <summary>Names are looked up; of anything else, and for one or two letters, all rows of the parameter are looked at.</summary>
    public override bool Scans(SearchParameter parameter) => Match == StringMatch.Contains && !(parameter.KeepsWords && NameWords.CanFind(StringText.Pieces(Text)[0]));

    public override Sql? Rids(SearchParameter parameter, Lookup lookup) => Match != StringMatch.Contains || Scans(parameter) ? null
        : Sql.Of($"select i.rid as rid from ({NameWords.Holding(StringText.Pieces(Text)[0])}) m cross join ix_str i where i.p = {parameter.Numbers[0]} and i.s = m.s and {Where(parameter, lookup)}");

    // A text longer than a row: the rest of it stands in other rows of the same resource.
    private static Sql Holding(Sql first, IEnumerable<string> others) => Sql.All(others
        .Select(piece => Sql.Of($"exists (select 1 from ix_str w where w.rid = i.rid and w.p = i.p and {StringText.Contains(Sql.Raw("w"), piece)})"))
        .Prepend(first));
}
