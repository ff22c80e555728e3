namespace Fhir.Server.Core.FhirPath.Values;

/// <summary>Two amounts side by side, by what their units are worth; null when their units do not allow it.</summary>
internal static class Units
{
    public static int? Compare(Amount a, Amount b)
    {
        if (a.Unit == b.Unit) return a.Value.CompareTo(b.Value);
        if (Of(a.Unit) is not { } x || Of(b.Unit) is not { } y || x.Dimension != y.Dimension) return null;
        return Product(a.Value, x.Factor) is { } v && Product(b.Value, y.Factor) is { } w ? v.CompareTo(w) : null;
    }

    /// <summary>The amount's number in another unit.</summary>
    public static decimal? In(Amount amount, string unit)
    {
        if (amount.Unit == unit) return amount.Value;
        if (Of(amount.Unit) is not { } from || Of(unit) is not { } to || from.Dimension != to.Dimension) return null;
        return from.Factor == to.Factor ? amount.Value : Product(amount.Value, from.Factor) / to.Factor;
    }

    /// <summary>The unit of a product or quotient; null when one of the units is not known.</summary>
    public static string? Combine(string a, string b, string sign)
    {
        if (b == "1") return a;
        if (Of(a) is not { } x || Of(b) is not { } y) return null;
        if (sign == "/" && x == y) return "1";
        var right = b.AsSpan().ContainsAny('/', '.') ? $"({b})" : b;
        return sign == "*" ? a == "1" ? b : $"{a}.{right}" : a == "1" ? $"/{right}" : $"{a}/{right}";
    }

    private static UnitWorth? Of(string unit) => Calendar.IsWord(unit) ? Calendar.Ucum(unit) is { } code ? Ucum.Read(code) : null : Ucum.Read(unit);

    private static decimal? Product(decimal value, decimal factor)
    {
        try
        {
            return value * factor;
        }
        catch (OverflowException)
        {
            return null;
        }
    }
}
