using System.Collections.Concurrent;
using System.Numerics;

namespace Fhir.Server.Core.FhirPath.Values;

/// <summary>https://ucum.org/ucum — codes of units such as <c>mg/dL</c>: whether they are any, and how much one unit is in another.</summary>
public static class Ucum
{
    private const int LongestCode = 255;
    private const int LongestKept = 60;
    private const int MostKept = 4096;
    private const int Digits = 40, MostExponent = 400;
    private static readonly ConcurrentDictionary<string, (bool IsValid, UnitWorth? Worth)> Kept = new(StringComparer.Ordinal);

    /// <summary>True for a code of the (case sensitive) UCUM grammar whose units all exist.</summary>
    public static bool IsValid(string code) => Judge(code).IsValid;

    /// <summary>True when amounts of these units can be compared.</summary>
    public static bool AreCommensurable(string a, string b) => Read(a) is { } x && Read(b) is { } y && x.Dimension.Equals(y.Dimension);

    /// <summary>The value in another unit, to as many digits as a decimal holds; null when the units measure different things or are not known.</summary>
    public static decimal? Convert(decimal value, string from, string to)
    {
        if (Read(from) is not { } source || Read(to) is not { } target || !source.Dimension.Equals(target.Dimension)) return null;
        return source.ToCanonical(Ratio.Of(value)) is { } canonical ? target.FromCanonical(canonical)?.ToDecimal() : null;
    }

    /// <summary>
    /// Mantissa times ten to the exponent, of a unit, in the canonical unit of what it measures: what is the same amount is the same number. To 40 digits,
    /// rounded down; null when the unit is not known or its scale is no straight line, and for numbers past all measure.
    /// </summary>
    public static (string Measures, BigInteger Mantissa, int Exponent)? Canonical(BigInteger mantissa, int exponent, string code)
    {
        if (Math.Abs(exponent) > MostExponent || Read(code) is not { } unit || unit.Scale is { IsLinear: false }) return null;
        var ten = BigInteger.Pow(10, Math.Abs(exponent));
        if (unit.ToCanonical(exponent < 0 ? Ratio.Of(mantissa, ten) : Ratio.Of(mantissa * ten, 1)) is not { } value) return null;
        var size = (int)Math.Floor(BigInteger.Log10(BigInteger.Abs(value.Above) + 1) - BigInteger.Log10(value.Below));
        var shift = Digits - size;
        var (above, below) = shift < 0 ? (value.Above, value.Below * BigInteger.Pow(10, -shift)) : (value.Above * BigInteger.Pow(10, shift), value.Below);
        var whole = BigInteger.DivRem(above, below, out var rest);
        return (unit.Dimension.Text, rest.Sign < 0 ? whole - 1 : whole, -shift);
    }

    /// <summary>What the unit is worth; null when it is not valid, or cannot be reckoned with.</summary>
    internal static UnitWorth? Read(string code) => Judge(code).Worth;

    private static (bool IsValid, UnitWorth? Worth) Judge(string code)
    {
        if (Kept.TryGetValue(code, out var known)) return known;
        if (code.Length is 0 or > LongestCode) return default;
        var valid = new UcumParser(code).TryRead(out var worth);
        var judged = (valid, valid ? worth : null);
        if (code.Length > LongestKept) return judged;
        if (Kept.Count >= MostKept) Kept.Clear();
        return Kept[code] = judged;
    }
}
