using System.Globalization;
using System.Text;

namespace Fhir.Server.Core.FhirPath.Values;

/// <summary>https://hl7.org/fhirpath/#date — the text of a Date, DateTime or Time, read and written.</summary>
internal static class TemporalText
{
    public static Temporal? Date(string? text)
    {
        var rest = text.AsSpan();
        return Days(ref rest) is { } days && rest.IsEmpty ? days : null;
    }

    public static Temporal? DateTime(string? text)
    {
        var rest = text.AsSpan();
        if (Days(ref rest) is not { } days) return null;
        days = days with { Kind = Kind.DateTime };
        if (rest.IsEmpty || (rest is "T")) return days;
        if (days.Precision != Precision.Day || rest[0] != 'T') return null;
        rest = rest[1..];
        if (!Clock(ref rest, ref days)) return null;
        return Zone(rest, out var zone) ? days with { Zone = zone } : null;
    }

    public static Temporal? Time(string? text)
    {
        var rest = text.AsSpan();
        var time = new Temporal(Kind.Time, Precision.Hour, 1, 1, 1, 0, 0, 0, null);
        return Clock(ref rest, ref time) && rest.IsEmpty ? time : null;
    }

    private static Temporal? Days(ref ReadOnlySpan<char> rest)
    {
        if (!Digits(ref rest, 4, out var year) || year == 0) return null;
        var read = new Temporal(Kind.Date, Precision.Year, year, 1, 1, 0, 0, 0, null);
        if (!Skip(ref rest, '-')) return read;
        if (!Digits(ref rest, 2, out var month) || month is < 1 or > 12) return null;
        read = read with { Precision = Precision.Month, Month = month };
        if (!Skip(ref rest, '-')) return read;
        if (!Digits(ref rest, 2, out var day) || day < 1 || day > System.DateTime.DaysInMonth(year, month)) return null;
        return read with { Precision = Precision.Day, Day = day };
    }

    private static bool Clock(ref ReadOnlySpan<char> rest, ref Temporal read)
    {
        if (!Digits(ref rest, 2, out var hour) || hour > 23) return false;
        read = read with { Precision = Precision.Hour, Hour = hour };
        if (!Skip(ref rest, ':')) return true;
        if (!Digits(ref rest, 2, out var minute) || minute > 59) return false;
        read = read with { Precision = Precision.Minute, Minute = minute };
        if (!Skip(ref rest, ':')) return true;
        var length = 0;
        while (length < rest.Length && (char.IsAsciiDigit(rest[length]) || (length == 2 && rest[length] == '.'))) length++;
        if (length < 2 || length == 3 || !decimal.TryParse(rest[..length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var second)) return false;
        if (second >= 61) return false;
        rest = rest[length..];
        read = read with { Precision = Precision.Second, Second = second >= 60 ? 59.999m : second };
        return true;
    }

    private static bool Zone(ReadOnlySpan<char> rest, out int? zone)
    {
        zone = null;
        if (rest.IsEmpty) return true;
        zone = 0;
        if (rest is "Z") return true;
        var sign = rest[0] switch { '+' => 1, '-' => -1, _ => 0 };
        rest = rest[1..];
        if (sign == 0 || !Digits(ref rest, 2, out var hours) || !Skip(ref rest, ':') || !Digits(ref rest, 2, out var minutes)) return false;
        if (!rest.IsEmpty || hours > 14 || minutes > 59) return false;
        zone = sign * (hours * 60 + minutes);
        return true;
    }

    private static bool Skip(ref ReadOnlySpan<char> rest, char c)
    {
        if (rest.IsEmpty || rest[0] != c) return false;
        rest = rest[1..];
        return true;
    }

    private static bool Digits(ref ReadOnlySpan<char> rest, int count, out int number)
    {
        number = 0;
        if (rest.Length < count || !int.TryParse(rest[..count], NumberStyles.None, CultureInfo.InvariantCulture, out number)) return false;
        rest = rest[count..];
        return true;
    }

    public static string Write(Temporal at)
    {
        var text = new StringBuilder();
        if (at.Kind != Kind.Time)
        {
            text.Append(CultureInfo.InvariantCulture, $"{at.Year:0000}");
            if (at.Precision >= Precision.Month) text.Append(CultureInfo.InvariantCulture, $"-{at.Month:00}");
            if (at.Precision >= Precision.Day) text.Append(CultureInfo.InvariantCulture, $"-{at.Day:00}");
            if (at.Precision >= Precision.Hour) text.Append('T');
        }
        if (at.Precision >= Precision.Hour) text.Append(CultureInfo.InvariantCulture, $"{at.Hour:00}");
        if (at.Precision >= Precision.Minute) text.Append(CultureInfo.InvariantCulture, $":{at.Minute:00}");
        if (at.Precision >= Precision.Second) text.Append(at.Second < 10 ? ":0" : ":").Append(at.Second.ToString(CultureInfo.InvariantCulture));
        if (at is { Precision: >= Precision.Hour, Zone: { } zone }) text.Append(ZoneText(zone));
        return text.ToString();
    }

    private static string ZoneText(int zone) => zone == 0
        ? "Z"
        : string.Create(CultureInfo.InvariantCulture, $"{(zone < 0 ? '-' : '+')}{Math.Abs(zone) / 60:00}:{Math.Abs(zone) % 60:00}");
}
