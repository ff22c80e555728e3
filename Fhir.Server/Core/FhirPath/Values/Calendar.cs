using System.Collections.Frozen;

namespace Fhir.Server.Core.FhirPath.Values;

/// <summary>https://hl7.org/fhirpath/#time-valued-quantities — calendar words, and the UCUM codes that mean the same.</summary>
internal static class Calendar
{
    private static readonly FrozenDictionary<string, string> Singular = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["years"] = "year", ["months"] = "month", ["weeks"] = "week", ["days"] = "day", ["hours"] = "hour",
        ["minutes"] = "minute", ["seconds"] = "second", ["milliseconds"] = "millisecond",
        ["year"] = "year", ["month"] = "month", ["week"] = "week", ["day"] = "day", ["hour"] = "hour",
        ["minute"] = "minute", ["second"] = "second", ["millisecond"] = "millisecond",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static bool IsWord(string unit) => Singular.ContainsKey(unit);

    /// <summary>The UCUM code that a calendar word is worth in a comparison; year and month have none that is equal.</summary>
    public static string? Ucum(string unit) => Singular.GetValueOrDefault(unit) switch
    {
        "week" => "wk",
        "day" => "d",
        "hour" => "h",
        "minute" => "min",
        "second" => "s",
        "millisecond" => "ms",
        _ => null,
    };

    /// <summary>The word for a unit that may be added to a date, or null: a UCUM month or year has no calendar meaning.</summary>
    public static string? Word(string unit) => Singular.GetValueOrDefault(unit) ?? unit switch
    {
        "wk" => "week",
        "d" => "day",
        "h" => "hour",
        "min" => "minute",
        "s" => "second",
        "ms" => "millisecond",
        _ => null,
    };

    /// <summary>The UCUM code that is equivalent (~), with year and month.</summary>
    public static string? NearUcum(string unit) => Singular.GetValueOrDefault(unit) switch
    {
        "year" => "a",
        "month" => "mo",
        _ => Ucum(unit),
    };
}
