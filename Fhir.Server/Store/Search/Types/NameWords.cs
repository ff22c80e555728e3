using Fhir.Server.Core.Definitions;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Search.Types;

/// <summary>
/// :contains on the names of patients and of the address book — https://hl7.org/fhir/R4/search.html#string. Many bear the same names: each different text is
/// kept once with its trigrams, and what holds the piece is looked up there. A text that nobody bears any more finds nobody and stays.
/// </summary>
internal sealed class NameWords
{
    private const int Gram = 3, MostKept = 200_000;
    private static readonly Table Words = new("ix_word", new("w", ColumnKind.Long), new("s", ColumnKind.Text)) { Once = true };
    private static readonly Table Grams = new("ix_gram", new("g", ColumnKind.Long), new("w", ColumnKind.Long)) { Once = true };
    private readonly HashSet<long> _there = [];
    private readonly Lock _lock = new();

    /// <summary>The parameter is one of a name that is often searched by a piece of it.</summary>
    public static bool AreOf(SearchParameterDefinition definition) => definition is
    {
        Custom: null, Type: SearchParameterType.String, Base: "Patient" or "Practitioner" or "Organization" or "Location" or "HealthcareService", Code: "name" or "family" or "given" or "phonetic",
    };

    /// <summary>Too short a piece has no trigram.</summary>
    public static bool CanFind(string piece) => piece.Length >= Gram;

    /// <summary>The rows of those texts that are not known to be there; <paramref name="add"/> gets each, <paramref name="now"/> remembers until the commit which they were.</summary>
    public void Add(IEnumerable<string> texts, KeyedHash hash, HashSet<long> now, Action<Table, object?[]> add)
    {
        foreach (var text in texts.Where(CanFind))
        {
            var word = hash.Of('w', text);
            if (IsThere(word) || !now.Add(word)) continue;
            add(Words, [word, text]);
            foreach (var gram in GramsOf(text).Distinct()) add(Grams, [gram, word]);
        }
    }

    /// <summary>They were committed.</summary>
    public void Keep(IReadOnlyCollection<long> words)
    {
        if (words.Count == 0) return;
        lock (_lock)
        {
            if (_there.Count > MostKept) _there.Clear();
            _there.UnionWith(words);
        }
    }

    private bool IsThere(long word)
    {
        lock (_lock) return _there.Contains(word);
    }

    /// <summary>A select of the texts (s) that hold the piece: by its first, middle and last trigram, and then looked at.</summary>
    public static Sql Holding(string piece)
    {
        var grams = GramsOf(piece).ToList();
        long[] some = [.. new[] { grams[0], grams[^1], grams[grams.Count / 2] }.Distinct()];
        var others = some.Skip(1).Select(gram => Sql.Of($"exists (select 1 from ix_gram h where h.g = {gram} and h.w = g.w)"));
        return Sql.Of($"select w.s as s from ix_gram g cross join ix_word w where g.g = {some[0]} and w.w = g.w and {Sql.All(others)} and {StringText.Like(Sql.Raw("w"), piece)}");
    }

    private static IEnumerable<long> GramsOf(string text) => Enumerable.Range(0, text.Length - Gram + 1).Select(i => ((long)text[i] << 32) | ((long)text[i + 1] << 16) | text[i + 2]);
}
