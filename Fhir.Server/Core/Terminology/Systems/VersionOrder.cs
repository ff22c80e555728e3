using System.Globalization;

namespace Fhir.Server.Core.Terminology.Systems;

/// <summary>Which of two business versions is newer: parts that are numbers count as numbers, the rest goes by its letters.</summary>
public sealed class VersionOrder : IComparer<string?>
{
    public static VersionOrder Instance { get; } = new();

    /// <summary>True for <c>1.x</c>, <c>1.2.*</c>: a version that stands for several.</summary>
    public static bool IsPattern(string version) => version.Split('.').Any(IsAny);

    /// <summary>True when the version is the pattern, or one that it stands for.</summary>
    public static bool Matches(string pattern, string version)
    {
        var (wanted, there) = (pattern.Split('.'), version.Split('.'));
        if (!wanted.Any(IsAny)) return pattern == version;
        for (var i = 0; i < wanted.Length; i++)
        {
            if (IsAny(wanted[i]) && i == wanted.Length - 1) return true;
            if (i >= there.Length || !(IsAny(wanted[i]) || wanted[i] == there[i])) return false;
        }
        return there.Length == wanted.Length;
    }

    public int Compare(string? x, string? y)
    {
        if (x is null || y is null) return x is null ? (y is null ? 0 : -1) : 1;
        var (a, b) = (x.Split('.', '-'), y.Split('.', '-'));
        for (var i = 0; i < Math.Min(a.Length, b.Length); i++)
            if (Part(a[i], b[i]) is not 0 and var order) return order;
        return a.Length.CompareTo(b.Length);
    }

    private static bool IsAny(string part) => part is "x" or "X" or "*";

    private static int Part(string a, string b) =>
        long.TryParse(a, NumberStyles.None, CultureInfo.InvariantCulture, out var x) && long.TryParse(b, NumberStyles.None, CultureInfo.InvariantCulture, out var y)
            ? x.CompareTo(y) : string.CompareOrdinal(a, b);
}
