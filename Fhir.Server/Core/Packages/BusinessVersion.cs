namespace Fhir.Server.Core.Packages;

/// <summary>
/// Versions of conformance resources: mostly semantic ones, sometimes dates or anything else —
/// https://hl7.org/fhir/R4/resource.html#versions and https://semver.org/#spec-item-11
/// </summary>
internal static class BusinessVersion
{
    /// <summary>Numbers by value, words by their letters, a pre-release before its release, no version before any.</summary>
    public static Comparer<string?> Order { get; } = Comparer<string?>.Create(Compare);

    /// <summary>True when <paramref name="asked"/> leaves out only the end of the version: 4.0 for 4.0.1.</summary>
    public static bool Matches(string? version, string asked) =>
        version is not null && version.Length > asked.Length && version[asked.Length] == '.' && version.StartsWith(asked, StringComparison.Ordinal);

    private static int Compare(string? a, string? b)
    {
        if (a is null || b is null) return (a is null ? 0 : 1) - (b is null ? 0 : 1);
        var (left, right) = (Split(a), Split(b));
        var byNumbers = CompareParts(left.Numbers, right.Numbers);
        if (byNumbers != 0) return byNumbers;
        if (left.PreRelease is null || right.PreRelease is null) return (left.PreRelease is null ? 1 : 0) - (right.PreRelease is null ? 1 : 0);
        return CompareParts(left.PreRelease, right.PreRelease);
    }

    // 2.1.0-beta.2+build: what follows '+' says nothing about order. 2018-08-12 is a date: digits after '-' are no pre-release of 2018.
    private static (string Numbers, string? PreRelease) Split(string version)
    {
        var plain = version.Split('+')[0];
        var dash = plain.IndexOf('-', StringComparison.Ordinal);
        return dash < 0 || !plain.AsSpan(0, dash).Contains('.') ? (plain.Replace('-', '.'), null) : (plain[..dash], plain[(dash + 1)..]);
    }

    private static int CompareParts(string a, string b)
    {
        var (left, right) = (a.Split('.'), b.Split('.'));
        for (var i = 0; i < Math.Min(left.Length, right.Length); i++)
        {
            var order = ComparePart(left[i], right[i]);
            if (order != 0) return order;
        }
        return left.Length - right.Length;
    }

    private static int ComparePart(string a, string b) => (IsNumber(a), IsNumber(b)) switch
    {
        (true, true)   => CompareNumbers(a.TrimStart('0'), b.TrimStart('0')),
        (false, false) => string.CompareOrdinal(a, b),
        (true, false)  => -1,
        (false, true)  => 1,
    };

    // By length first: a version may have more digits than any number type.
    private static int CompareNumbers(string a, string b) => a.Length != b.Length ? a.Length - b.Length : string.CompareOrdinal(a, b);

    private static bool IsNumber(string part) => part.Length > 0 && part.All(char.IsAsciiDigit);
}
