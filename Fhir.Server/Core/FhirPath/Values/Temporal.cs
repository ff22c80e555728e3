using System.Globalization;
using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.FhirPath.Values;

/// <summary>
/// https://hl7.org/fhirpath/#date-time-arithmetic — a Date, DateTime or Time as precise as it was written. Second holds its
/// fraction, since seconds and milliseconds are one precision. Zone is in minutes, null when none was written.
/// </summary>
internal readonly record struct Temporal(Kind Kind, Precision Precision, int Year, int Month, int Day, int Hour, int Minute, decimal Second, int? Zone)
{
    public static Temporal? Of(Element element) => Kinds.Of(element) switch
    {
        Kind.Date => TemporalText.Date(element.Text),
        Kind.DateTime => TemporalText.DateTime(element.Text),
        Kind.Time => TemporalText.Time(element.Text),
        _ => null,
    };

    private bool HasClock => Precision >= Precision.Hour;

    /// <summary>Less than, equal to or greater than zero; null when their precisions, or a missing zone, leave it open.</summary>
    public static int? Compare(Temporal a, Temporal b)
    {
        if (a.Kind != Kind.Time && a.HasClock && b.HasClock)
        {
            if (a.Zone is null != b.Zone is null) return null;
            if (a.Zone != b.Zone) (a, b) = (a.ToUtc(), b.ToUtc());
        }
        for (var part = a.Kind == Kind.Time ? Precision.Hour : Precision.Year; part <= Precision.Second; part++)
        {
            var (inA, inB) = (part <= a.Precision, part <= b.Precision);
            if (inA != inB) return null;
            if (!inA) return 0;
            var order = a.Part(part).CompareTo(b.Part(part));
            if (order != 0) return order;
        }
        return 0;
    }

    private decimal Part(Precision part) => part switch
    {
        Precision.Year => Year,
        Precision.Month => Month,
        Precision.Day => Day,
        Precision.Hour => Hour,
        Precision.Minute => Minute,
        Precision.Second => Second,
    };

    private Temporal ToUtc()
    {
        var moved = Clock(TimeSpan.FromMinutes(-(Zone ?? 0)));
        return moved is { } utc ? utc with { Zone = 0 } : this;
    }

    /// <summary>Later by a calendar word's worth; null when it leaves the years 1 to 9999. What is finer than the value's own precision is dropped.</summary>
    public Temporal? Plus(decimal count, string word)
    {
        var whole = decimal.Truncate(count);
        if (Math.Abs(whole) > 1_000_000_000_000m) return null;
        return word switch
        {
            "year" => Months(whole * 12),
            "month" => Months(whole),
            "week" => Days(whole * 7),
            "day" => Days(whole),
            "hour" => Span(whole * 3600, Precision.Hour),
            "minute" => Span(whole * 60, Precision.Minute),
            "second" => Span(whole, Precision.Second),
            _ => Span(whole / 1000, Precision.Second),
        };
    }

    // A month is added to the year and month; the day is cut to what the new month has.
    private Temporal? Months(decimal count)
    {
        if (Kind == Kind.Time) return null;
        if (Precision == Precision.Year) count = decimal.Truncate(count / 12) * 12;
        var total = Year * 12m + Month - 1 + count;
        if (total is < 12 or >= 120_000) return null;
        var (year, newMonth) = ((int)decimal.Floor(total / 12), (int)(total % 12) + 1);
        var day = Precision < Precision.Day ? Day : Math.Min(Day, DateTime.DaysInMonth(year, newMonth));
        return this with { Year = year, Month = newMonth, Day = day };
    }

    // A unit finer than the precision is turned into the coarser one first: 2014 + 24 months is 2016, 2014 + 365 days is 2015.
    private Temporal? Days(decimal count) => Kind == Kind.Time ? null : Precision switch
    {
        Precision.Year => Months(decimal.Truncate(count / 365) * 12),
        Precision.Month => Months(decimal.Truncate(count / 30)),
        _ => Moved(count * 86_400),
    };

    private Temporal? Span(decimal seconds, Precision unit)
    {
        if (Kind != Kind.Time && Precision < Precision.Hour) return Days(decimal.Truncate(seconds / 86_400));
        if (unit > Precision) seconds = decimal.Truncate(seconds / SecondsIn(Precision)) * SecondsIn(Precision);
        return Moved(seconds);
    }

    private static int SecondsIn(Precision precision) => precision == Precision.Hour ? 3600 : 60;

    private Temporal? Moved(decimal seconds) =>
        Math.Abs(seconds) > 400_000_000_000m ? null : Clock(TimeSpan.FromTicks((long)(seconds * TimeSpan.TicksPerSecond)));

    private Temporal? Clock(TimeSpan by)
    {
        var day = Kind == Kind.Time ? new DateTime(2000, 1, 1) : new DateTime(Year, Month, Day);
        var from = day.Ticks + Hour * TimeSpan.TicksPerHour + Minute * TimeSpan.TicksPerMinute + (long)(Second * TimeSpan.TicksPerSecond);
        if (Kind == Kind.Time) from = day.Ticks + Wrapped(from - day.Ticks + by.Ticks);
        else from += by.Ticks;
        if (from < 0 || from > DateTime.MaxValue.Ticks) return null;
        var at = new DateTime(from);
        var second = at.Second + (decimal)(at.Ticks % TimeSpan.TicksPerSecond) / TimeSpan.TicksPerSecond;
        return this with { Year = at.Year, Month = at.Month, Day = at.Day, Hour = at.Hour, Minute = at.Minute, Second = Scaled(second) };
    }

    // "a Time wraps around midnight"
    private static long Wrapped(long ticks) => ((ticks % TimeSpan.TicksPerDay) + TimeSpan.TicksPerDay) % TimeSpan.TicksPerDay;

    private decimal Scaled(decimal second)
    {
        var needed = Numbers.Decimals(second);
        var scale = needed <= Second.Scale ? Second.Scale : Second.Scale == 0 ? Math.Max(needed, 3) : needed;
        return decimal.Round(second, scale) + new decimal(0, 0, 0, false, (byte)scale);
    }

    public Temporal ToDate() => this with { Kind = Kind.Date, Precision = Precision < Precision.Day ? Precision : Precision.Day, Zone = null };
    public Temporal? ToTime() => Kind == Kind.DateTime && HasClock ? this with { Kind = Kind.Time, Zone = null } : null;

    public override string ToString() => TemporalText.Write(this);
}

/// <summary>How much of a date or time is known.</summary>
internal enum Precision { Year, Month, Day, Hour, Minute, Second }
