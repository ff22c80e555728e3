using System.Globalization;
using System.Numerics;

namespace Fhir.Server.Core.FhirPath.Values;

/// <summary>An exact fraction, so that a value can go to another unit and back without losing a digit. Below is never 0 or less.</summary>
internal readonly record struct Ratio : IComparable<Ratio>
{
    // More is of no use to a unit, and would make arithmetic slow for whoever writes m99.m99.m99.
    private const int MostBits = 10_000;
    private const int DecimalDigits = 28;

    public static readonly Ratio One = new(1, 1);

    private Ratio(BigInteger above, BigInteger below) => (Above, Below) = (above, below);

    public BigInteger Above { get; }
    public BigInteger Below { get; }

    public static Ratio Of(BigInteger above, BigInteger below) => Reduced(above, below);

    public static Ratio Of(decimal value)
    {
        Span<int> bits = stackalloc int[4];
        decimal.GetBits(value, bits);
        var whole = ((new BigInteger((uint)bits[2]) << 32) + (uint)bits[1] << 32) + (uint)bits[0];
        return Reduced(value < 0 ? -whole : whole, BigInteger.Pow(10, value.Scale));
    }

    /// <summary>Of a double, as far as it is precise; null when it is none.</summary>
    public static Ratio? Of(double value) => double.IsFinite(value) ? Parse(value.ToString("E14", CultureInfo.InvariantCulture)) : null;

    /// <summary>Reads <c>6.0221367</c> and <c>1e-24</c>.</summary>
    public static Ratio Parse(string text)
    {
        var e = text.IndexOfAny(['e', 'E']);
        var number = e < 0 ? text : text[..e];
        var power = e < 0 ? 0 : int.Parse(text.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var point = number.IndexOf('.', StringComparison.Ordinal);
        if (point >= 0) power -= number.Length - point - 1;
        var digits = BigInteger.Parse(number.Replace(".", "", StringComparison.Ordinal), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        return power < 0 ? Reduced(digits, BigInteger.Pow(10, -power)) : new(digits * BigInteger.Pow(10, power), 1);
    }

    public static Ratio operator *(Ratio a, Ratio b) => Reduced(a.Above * b.Above, a.Below * b.Below);
    public static Ratio operator +(Ratio a, Ratio b) => Reduced(a.Above * b.Below + b.Above * a.Below, a.Below * b.Below);
    public static Ratio operator -(Ratio a, Ratio b) => a + new Ratio(-b.Above, b.Below);
    public static Ratio operator /(Ratio a, Ratio b) => b.Above.Sign > 0 ? Reduced(a.Above * b.Below, a.Below * b.Above) : Reduced(-a.Above * b.Below, a.Below * -b.Above);

    /// <summary>Null when it becomes too large to work with.</summary>
    public Ratio? Power(int exponent)
    {
        if (Math.Abs(exponent) * long.Max(Above.GetBitLength(), Below.GetBitLength()) > MostBits) return null;
        var power = new Ratio(BigInteger.Pow(Above, Math.Abs(exponent)), BigInteger.Pow(Below, Math.Abs(exponent)));
        return exponent < 0 ? One / power : power;
    }

    public bool IsManageable => Above.GetBitLength() + Below.GetBitLength() <= MostBits;

    public int CompareTo(Ratio other) => (Above * other.Below).CompareTo(other.Above * Below);

    public double ToDouble()
    {
        var tooLong = (int)long.Max(0, long.Max(Above.GetBitLength(), Below.GetBitLength()) - 1000);
        return (double)(Above >> tooLong) / (double)(Below >> tooLong);
    }

    /// <summary>To as many digits as a decimal holds, without zeros at the end; null when it is too large.</summary>
    public decimal? ToDecimal()
    {
        for (var scale = DecimalDigits; scale >= 0; scale--)
        {
            var rounded = Rounded(BigInteger.Abs(Above) * BigInteger.Pow(10, scale), Below);
            if (rounded.GetBitLength() > 96) continue;
            while (scale > 0 && (rounded % 10).IsZero) (rounded, scale) = (rounded / 10, scale - 1);
            var number = (decimal)rounded;
            Span<int> bits = stackalloc int[4];
            decimal.GetBits(number, bits);
            return new decimal(bits[0], bits[1], bits[2], Above.Sign < 0, (byte)scale);
        }
        return null;
    }

    private static BigInteger Rounded(BigInteger above, BigInteger below) => (2 * above + below) / (2 * below);

    private static Ratio Reduced(BigInteger above, BigInteger below)
    {
        if (below.IsOne) return new(above, below);
        var common = BigInteger.GreatestCommonDivisor(above, below);
        return common.IsOne ? new(above, below) : new(above / common, below / common);
    }
}
