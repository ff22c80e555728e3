using System.Globalization;
using System.Numerics;

namespace Fhir.Server.Store.Search.Types;

/// <summary>
/// An exact decimal as bytes whose order is the order of the numbers, in both databases: sign, exponent, then two digits
/// per byte. 1, 1.0 and 1e0 have the same bytes; nothing is rounded to a double.
/// </summary>
internal static class DecimalKey
{
    private const int MostDigits = 200, MostExponent = 1_000_000;
    private const byte Negative = 0, Zero = 1, Positive = 2, End = 0xFF;

    /// <summary>Below and above every number.</summary>
    public static readonly byte[] Lowest = [Negative], Highest = [End];

    /// <summary>Null when the text is no decimal, or is beyond all reason.</summary>
    public static byte[]? Of(string text) => ExactDecimal.Parse(text) is { } number ? Of(number) : null;

    public static byte[] Of(ExactDecimal number)
    {
        if (number.Mantissa.IsZero) return [Zero];
        var digits = BigInteger.Abs(number.Mantissa).ToString(CultureInfo.InvariantCulture);
        var exponent = digits.Length + number.Exponent;   // the value is 0.digits times ten to this
        var length = Math.Min(digits.AsSpan().TrimEnd('0').Length, MostDigits);
        var pairs = (length + 1) / 2;
        var negative = number.Mantissa.Sign < 0;
        var key = new byte[5 + pairs + (negative ? 1 : 0)];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(key.AsSpan(1), (uint)(exponent + 0x4000_0000));
        for (var i = 0; i < pairs; i++)
        {
            var second = (2 * i) + 1 < length ? digits[(2 * i) + 1] - '0' : 0;
            key[5 + i] = (byte)(((digits[2 * i] - '0') * 10) + second + 1);
        }
        if (!negative)
        {
            key[0] = Positive;
            return key;
        }
        for (var i = 1; i < key.Length; i++) key[i] = (byte)~key[i];   // the last, still 0, becomes the end that a longer number stays below
        return key;
    }

    /// <summary>A key just below that of a number: for "less than".</summary>
    public static byte[] Below(byte[] key)
    {
        byte[] below = [.. key, End];
        below[^2]--;
        return below;
    }

    /// <summary>A key just above that of a number: for "more than".</summary>
    public static byte[] Above(byte[] key) => [.. key, 0];

    internal static bool IsReasonable(int digits, long exponent) => digits <= MostDigits && Math.Abs(exponent) <= MostExponent;
}

/// <summary>A decimal as it was written: mantissa times ten to the exponent, so that <c>100</c> and <c>1e2</c> keep their precision.</summary>
internal readonly record struct ExactDecimal(BigInteger Mantissa, int Exponent)
{
    public static ExactDecimal? Parse(string text)
    {
        var e = text.AsSpan().IndexOfAny('e', 'E');
        var exponent = 0;
        if (e >= 0 && !int.TryParse(text.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent)) return null;
        var number = e >= 0 ? text.AsSpan(0, e) : text.AsSpan();
        var point = number.IndexOf('.');
        if (point == number.Length - 1 || point == 0) return null;
        Span<char> digits = stackalloc char[number.Length > 256 ? 0 : number.Length];
        if (digits.IsEmpty) return null;
        number[..(point < 0 ? number.Length : point)].CopyTo(digits);
        if (point >= 0) number[(point + 1)..].CopyTo(digits[point..]);
        var written = point < 0 ? digits : digits[..^1];
        var scaled = (long)exponent - (point < 0 ? 0 : number.Length - point - 1);
        if (!DecimalKey.IsReasonable(written.Length, scaled) || written.TrimStart('-').ContainsAnyExceptInRange('0', '9')) return null;
        if (!BigInteger.TryParse(written, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var mantissa)) return null;
        // The spec takes 1e2 as 95 to 105: as if it were written 1.0e2.
        return e >= 0 && point < 0 ? new(mantissa * 10, (int)scaled - 1) : new(mantissa, (int)scaled);
    }

    /// <summary>What the written precision stands for: half a unit of the last place to each side — https://hl7.org/fhir/R4/search.html#number</summary>
    public (ExactDecimal From, ExactDecimal To) Precision => (new((Mantissa * 10) - 5, Exponent - 1), new((Mantissa * 10) + 5, Exponent - 1));

    /// <summary>Ten percent to each side, for "approximately".</summary>
    public (ExactDecimal From, ExactDecimal To) About
    {
        get
        {
            var (ten, tenth) = (Mantissa * 10, BigInteger.Abs(Mantissa));
            return (new(ten - tenth, Exponent - 1), new(ten + tenth, Exponent - 1));
        }
    }
}
