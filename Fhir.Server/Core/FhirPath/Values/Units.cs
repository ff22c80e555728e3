namespace Fhir.Server.Core.FhirPath.Values;

/// <summary>Two amounts side by side; null when their units do not allow it.</summary>
internal static class Units
{
    public static int? Compare(Amount a, Amount b) => a.Unit == b.Unit ? a.Value.CompareTo(b.Value) : In(b, a.Unit) is { } value ? a.Value.CompareTo(value) : null;

    /// <summary>The amount's number in another unit.</summary>
    public static decimal? In(Amount amount, string unit)
    {
        var (from, to) = (Calendar.Ucum(amount.Unit) ?? amount.Unit, Calendar.Ucum(unit) ?? unit);
        if (from == to) return amount.Value;
        return Seconds(from) is { } x && Seconds(to) is { } y ? amount.Value * x / y : null;
    }

    /// <summary>The unit of a product or quotient; null when it cannot be told.</summary>
    public static string? Combine(string a, string b, string sign) => b == "1" ? a : a == b && sign == "/" ? "1" : a == "1" && sign == "*" ? b : null;

    private static decimal? Seconds(string unit) => unit switch
    {
        "wk" => 604_800,
        "d" => 86_400,
        "h" => 3_600,
        "min" => 60,
        "s" => 1,
        "ms" => 0.001m,
        _ => null,
    };
}
