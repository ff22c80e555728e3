namespace Fhir.Server.Core.FhirPath.Values;

/// <summary>Two amounts side by side, by what their units are worth; null when their units do not allow it.</summary>
internal static class Units
{
    public static int? Compare(Amount a, Amount b)
    {
        if (a.Unit == b.Unit) return a.Value.CompareTo(b.Value);
        if (Of(a.Unit) is not { } x || Of(b.Unit) is not { } y || !x.Dimension.Equals(y.Dimension)) return null;
        return x.ToCanonical(Ratio.Of(a.Value)) is { } v && y.ToCanonical(Ratio.Of(b.Value)) is { } w ? v.CompareTo(w) : null;
    }

    /// <summary>The amount's number in another unit.</summary>
    public static decimal? In(Amount amount, string unit)
    {
        if (amount.Unit == unit) return amount.Value;
        if (Of(amount.Unit) is not { } from || Of(unit) is not { } to || !from.Dimension.Equals(to.Dimension)) return null;
        if (from.Scale is null && to.Scale is null && from.Factor == to.Factor) return amount.Value;
        return from.ToCanonical(Ratio.Of(amount.Value)) is { } canonical ? to.FromCanonical(canonical)?.ToDecimal() : null;
    }

    /// <summary>The amount's number in the unit it is added to: on a scale with a zero of its own (<c>Cel</c>) only its own unit can be.</summary>
    public static decimal? Addend(Amount amount, string unit) =>
        amount.Unit == unit || (Of(amount.Unit) is { Scale: null } && Of(unit) is { Scale: null }) ? In(amount, unit) : null;

    /// <summary>The unit of a product or quotient; null when one of the units is not known, or takes no part in products.</summary>
    public static string? Combine(string a, string b, string sign)
    {
        if (b == "1") return a;
        if (Of(a) is not { Scale: null } x || Of(b) is not { Scale: null } y) return null;
        if (sign == "/" && x == y) return "1";
        (a, b) = (Calendar.Ucum(a) ?? a, Calendar.Ucum(b) ?? b);
        var right = b.AsSpan().ContainsAny('/', '.') ? $"({(b[0] == '/' ? "1" : "")}{b})" : b;
        return sign == "*" ? a == "1" ? b : $"{a}.{right}" : a == "1" ? $"/{right}" : $"{a}/{right}";
    }

    private static UnitWorth? Of(string unit) => Calendar.IsWord(unit) ? Calendar.Ucum(unit) is { } code ? Ucum.Read(code) : null : Ucum.Read(unit);
}
