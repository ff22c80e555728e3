using System.Globalization;

namespace Fhir.Server.Core.Elements;

/// <summary>How much of a moment is written.</summary>
public enum DatePrecision { Year, Month, Day, Minute, Second, Fraction }

/// <summary>
/// A date, dateTime or instant as the stretch of time it stands for — https://hl7.org/fhir/R4/datatypes.html#dateTime.
/// Low and High are microseconds since 1970 in UTC, both inclusive: 2013-01 ends at the last microsecond of January.
/// A date, and a time without a zone (only a search may write one), are taken as UTC. A fraction of a second is a point: .5 equals .500.
/// </summary>
public readonly record struct FhirDateTime(DatePrecision Precision, bool HasZone, long Low, long High)
{
    private const long Second = 1_000_000;
    private const long Minute = 60 * Second;
    private const long Day = 24 * 60 * Minute;
    private static readonly int Epoch = new DateOnly(1970, 1, 1).DayNumber;

    /// <summary>Reads every form of date and dateTime, and those that only a search may use (minutes, no zone); false for impossible ones.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out FhirDateTime value)
    {
        value = default;
        if (!TryDate(text, out var precision, out var low, out var high, out var rest)) return false;
        if (rest.IsEmpty)
        {
            value = new(precision, HasZone: false, low, high - 1);
            return true;
        }
        return precision == DatePrecision.Day && rest[0] == 'T' && TryTime(rest[1..], low, out value);
    }

    /// <summary>The moment that Low stands for (at the rim of the years 1 and 9999: the nearest that .NET can say).</summary>
    public DateTimeOffset Start => DateTimeOffset.UnixEpoch.AddTicks(
        Math.Clamp(Low, (DateTimeOffset.MinValue - DateTimeOffset.UnixEpoch).Ticks / 10, (DateTimeOffset.MaxValue - DateTimeOffset.UnixEpoch).Ticks / 10) * 10);

    /// <summary>A moment as an instant in UTC with milliseconds, as in <c>meta.lastUpdated</c>.</summary>
    public static string Instant(DateTimeOffset moment) =>
        moment.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static bool TryDate(ReadOnlySpan<char> text, out DatePrecision precision, out long low, out long high, out ReadOnlySpan<char> rest)
    {
        (precision, low, high) = (DatePrecision.Year, 0, 0);
        rest = default;
        if (!TryDigits(text, 4, out var year) || year == 0) return false;
        var (month, day) = (1, 1);
        rest = text[4..];
        if (rest is ['-', ..])
        {
            if (!TryDigits(rest[1..], 2, out month) || month is < 1 or > 12) return false;
            precision = DatePrecision.Month;
            rest = rest[3..];
        }
        if (precision == DatePrecision.Month && rest is ['-', ..])
        {
            if (!TryDigits(rest[1..], 2, out day) || day < 1 || day > DateTime.DaysInMonth(year, month)) return false;
            precision = DatePrecision.Day;
            rest = rest[3..];
        }
        var first = new DateOnly(year, month, day).DayNumber;
        low = (first - Epoch) * Day;
        high = low + (Days(precision, year, month) * Day);
        return true;
    }

    private static int Days(DatePrecision precision, int year, int month) => precision switch
    {
        DatePrecision.Year => DateTime.IsLeapYear(year) ? 366 : 365,
        DatePrecision.Month => DateTime.DaysInMonth(year, month),
        _ => 1,
    };

    private static bool TryTime(ReadOnlySpan<char> text, long day, out FhirDateTime value)
    {
        value = default;
        if (!TryTimeOfDay(text, out var precision, out var ofDay, out var rest)) return false;
        if (!TryZone(rest, out var hasZone, out var minutesEast)) return false;
        var low = day + ofDay - (minutesEast * Minute);
        var width = precision switch { DatePrecision.Minute => Minute, DatePrecision.Second => Second, _ => 1 };
        value = new(precision, hasZone, low, low + width - 1);
        return true;
    }

    /// <summary>Reads hh:mm, hh:mm:ss and hh:mm:ss.fff to microseconds of the day; a leap second counts as the start of the next minute.</summary>
    internal static bool TryTimeOfDay(ReadOnlySpan<char> text, out DatePrecision precision, out long ofDay, out ReadOnlySpan<char> rest)
    {
        (precision, ofDay) = (DatePrecision.Minute, 0);
        rest = default;
        if (!TryDigits(text, 2, out var hour) || hour > 23 || text.Length < 5 || text[2] != ':' || !TryDigits(text[3..], 2, out var minute) || minute > 59) return false;
        ofDay = ((hour * 60) + minute) * Minute;
        rest = text[5..];
        if (rest is not [':', ..]) return true;
        if (!TryDigits(rest[1..], 2, out var second) || second > 60) return false;
        ofDay += second * Second;
        precision = DatePrecision.Second;
        rest = rest[3..];
        return rest is not ['.', ..] || TryFraction(ref rest, ref precision, ref ofDay);
    }

    private static bool TryFraction(ref ReadOnlySpan<char> rest, ref DatePrecision precision, ref long ofDay)
    {
        rest = rest[1..];
        var digits = rest.IndexOfAnyExceptInRange('0', '9') is var end and >= 0 ? end : rest.Length;
        if (digits == 0) return false;
        var unit = Second;
        for (var i = 0; i < digits && unit > 1; i++) ofDay += (rest[i] - '0') * (unit /= 10);
        precision = DatePrecision.Fraction;
        rest = rest[digits..];
        return true;
    }

    private static bool TryZone(ReadOnlySpan<char> text, out bool hasZone, out int minutesEast)
    {
        (hasZone, minutesEast) = (!text.IsEmpty, 0);
        if (text is [] or ['Z']) return true;
        if (text.Length != 6 || text[0] is not ('+' or '-') || text[3] != ':') return false;
        if (!TryDigits(text[1..], 2, out var hours) || !TryDigits(text[4..], 2, out var minutes) || minutes > 59) return false;
        minutesEast = (hours * 60) + minutes;
        if (minutesEast > 14 * 60) return false;
        if (text[0] == '-') minutesEast = -minutesEast;
        return true;
    }

    private static bool TryDigits(ReadOnlySpan<char> text, int count, out int number)
    {
        number = 0;
        if (text.Length < count) return false;
        foreach (var c in text[..count])
        {
            if (!char.IsAsciiDigit(c)) return false;
            number = (number * 10) + (c - '0');
        }
        return true;
    }
}
