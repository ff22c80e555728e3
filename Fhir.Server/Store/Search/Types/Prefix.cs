namespace Fhir.Server.Store.Search.Types;

/// <summary>How an ordered value is compared — https://hl7.org/fhir/R4/search.html#prefix</summary>
internal enum Prefix { Eq, Ne, Gt, Lt, Ge, Le, Sa, Eb, Ap }

internal static class Prefixes
{
    private static readonly (string Text, Prefix Prefix)[] All =
    [
        ("eq", Prefix.Eq), ("ne", Prefix.Ne), ("gt", Prefix.Gt), ("lt", Prefix.Lt), ("ge", Prefix.Ge),
        ("le", Prefix.Le), ("sa", Prefix.Sa), ("eb", Prefix.Eb), ("ap", Prefix.Ap),
    ];

    /// <summary>The prefix (equal when none is written) and what follows it.</summary>
    public static (Prefix Prefix, string Value) Split(string text)
    {
        foreach (var (written, prefix) in All)
            if (text.StartsWith(written, StringComparison.Ordinal)) return (prefix, text[2..]);
        return (Prefix.Eq, text);
    }
}
