using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath.Operators;
using Fhir.Server.Core.FhirPath.Values;

namespace Fhir.Server.Core.FhirPath.Functions;

/// <summary>https://build.fhir.org/ig/HL7/FHIRPath/#lowboundaryprecision-integer-decimal--date--datetime--time — the least and the greatest that a value of its precision may be.</summary>
internal static class Boundaries
{
    private const int MostDecimals = 28;

    public static Function Of(bool high) => (run, input, arguments, into) =>
    {
        if (run.One(input) is not { } item || run.Failed) return;
        var asked = arguments.Length > 0 ? run.Integer(arguments[0]) : null;
        if (Boundary(run, item, high, asked) is { } boundary) into.Add(boundary);
    };

    private static Element? Boundary(Run run, Element item, bool high, int? precision)
    {
        switch (Kinds.Of(item))
        {
            case Kind.Integer or Kind.Long or Kind.Decimal:
                return Numbers.Of(item) is { } number && Number(number, high, precision ?? 8) is { } bound ? Computed.Of(bound) : null;
            case Kind.Quantity:
                return Amount.Of(item) is { } amount && Number(amount.Value, high, precision ?? 8) is { } value ? Computed.Of(amount with { Value = value }) : null;
            case Kind.Date or Kind.DateTime or Kind.Time:
                return Temporal.Of(item) is { } at && Moment(at, high, precision) is { } moment ? Computed.Of(moment) : null;
            default:
                run.Fail("A boundary is asked of a value that has none.");
                return null;
        }
    }

    // Half a unit of the last digit down or up, then cut to what was asked: down for the low one, up for the high one.
    private static decimal? Number(decimal number, bool high, int precision)
    {
        if (precision is < 0 or > MostDecimals) return null;
        var half = number.Scale < MostDecimals ? new decimal(5, 0, 0, false, (byte)(number.Scale + 1)) : 0;
        var exact = high ? number + half : number - half;
        var scale = Math.Min(precision, exact.Scale);
        var cut = decimal.Round(exact, scale, high ? MidpointRounding.ToPositiveInfinity : MidpointRounding.ToNegativeInfinity);
        return cut + new decimal(0, 0, 0, false, (byte)precision);
    }

    private static Temporal? Moment(Temporal at, bool high, int? digits)
    {
        if (Precisions.Of(at.Kind, digits) is not { } asked) return null;
        var full = Filled(at, high);
        return full with { Precision = asked, Zone = asked < Precision.Hour ? null : full.Zone };
    }

    private static Temporal Filled(Temporal at, bool high)
    {
        // FHIR has no time of hours alone: T08 is T08:00.
        if (at is { Kind: Kind.DateTime, Precision: Precision.Hour }) at = at with { Precision = Precision.Minute, Minute = 0 };
        var month = at.Precision < Precision.Month ? (high ? 12 : 1) : at.Month;
        var day = at.Precision < Precision.Day ? (high ? DateTime.DaysInMonth(at.Year, month) : 1) : at.Day;
        var second = at.Precision < Precision.Second ? (high ? 59.999m : 0.000m) : at.Second.Scale > 0 ? at.Second : at.Second + (high ? 0.999m : 0.000m);
        return at with
        {
            Month = month,
            Day = day,
            Hour = at.Precision < Precision.Hour ? (high ? 23 : 0) : at.Hour,
            Minute = at.Precision < Precision.Minute ? (high ? 59 : 0) : at.Minute,
            Second = second,
            Zone = at.Kind == Kind.DateTime ? at.Zone ?? (high ? -12 * 60 : 14 * 60) : null,
        };
    }

    public static void PrecisionOf(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        if (run.One(input) is not { } item || run.Failed) return;
        if (Kinds.Of(item) is Kind.Integer or Kind.Long or Kind.Decimal) { if (Numbers.Of(item) is { } number) into.Add(Computed.Of((int)number.Scale)); }
        else if (Temporal.Of(item) is { } at) into.Add(Computed.Of((at with { Zone = null }).ToString().Count(char.IsAsciiDigit)));
        else run.Fail("Only a number, a date or a time has a precision.");
    }
}

/// <summary>Precision as a count of digits: 4 is a year, 17 a moment to the millisecond; of a time 9 is the most.</summary>
internal static class Precisions
{
    public static Precision? Of(Kind kind, int? digits) => kind == Kind.Time
        ? digits switch { 2 => Precision.Hour, 4 => Precision.Minute, 6 or 9 or null => Precision.Second, _ => null }
        : digits switch
        {
            4 => Precision.Year,
            6 => Precision.Month,
            8 => Precision.Day,
            10 when kind == Kind.DateTime => Precision.Hour,
            12 when kind == Kind.DateTime => Precision.Minute,
            14 or 17 when kind == Kind.DateTime => Precision.Second,
            null => kind == Kind.Date ? Precision.Day : Precision.Second,
            _ => null,
        };
}
