using System.Globalization;
using System.Runtime.InteropServices;
using Fhir.Server.Core.Elements;

namespace Fhir.Server.Store.Access;

/// <summary>A Period as µs since 1970, From inclusive, Until exclusive; an open end is the end of time — https://hl7.org/fhir/R4/datatypes.html#Period</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Validity(long From, long Until)
{
    public static readonly Validity Always = new(long.MinValue, long.MaxValue);
    public static readonly Validity Never = new(long.MaxValue, long.MinValue);

    public bool Holds(long now) => From <= now && now < Until;

    /// <summary>What both have in common; it may be empty.</summary>
    public Validity Within(Validity other) => new(Math.Max(From, other.From), Math.Min(Until, other.Until));

    /// <summary>An end without a time lasts until that day (month, year) is over. A date that cannot be read makes the period empty.</summary>
    public static Validity Of(Element period)
    {
        var (from, until) = Always;
        if (period["start"].Text is { } start)
        {
            if (Span(start) is not var (first, _)) return Never;
            from = first;
        }
        if (period["end"].Text is { } end)
        {
            if (Span(end) is not var (_, last)) return Never;
            until = last;
        }
        return new(from, until);
    }

    /// <summary>When a dateTime begins; null = it cannot be read.</summary>
    public static long? Begin(string dateTime) => Span(dateTime)?.First;

    // The span that a dateTime covers: a day for 2026-11-22, one second for 09:14:03.
    private static (long First, long After)? Span(string text)
    {
        string[] partial = ["yyyy", "yyyy-MM", "yyyy-MM-dd"];
        var at = Array.FindIndex(partial, p => p.Length == text.Length);
        if (at >= 0)
            return DateTime.TryParseExact(text, partial[at], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var day)
                ? (Micros(day), at switch { 0 => Micros(day.AddYears(1)), 1 => Micros(day.AddMonths(1)), _ => Micros(day.AddDays(1)) })
                : null;
        if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out var moment)) return null;
        var first = Micros(moment.UtcDateTime);
        return (first, first + (text.Contains('.', StringComparison.Ordinal) ? 1_000 : 1_000_000));
    }

    private static long Micros(DateTime utc) => (utc.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;
}
