using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Search.Types;

/// <summary>date — https://hl7.org/fhir/R4/search.html#date: both the stored and the searched value are ranges.</summary>
internal sealed record Date(Prefix Prefix, DateRange Range)
{
    public static Result<Date> Parse(string text)
    {
        var (prefix, rest) = Prefixes.Split(text);   // a plus sign that was not escaped in the query arrives as a space
        return DateRange.Parse(rest.Replace(' ', '+')) is { } range ? new Date(prefix, range) : new Issue(IssueKind.Invalid, "A date is written as YYYY, YYYY-MM, YYYY-MM-DD or with a time.");
    }

    /// <summary>The moment that nothing which matches lies before, if there is one.</summary>
    public long? From => Prefix switch
    {
        Prefix.Eq or Prefix.Ge => Range.Lo,
        Prefix.Gt or Prefix.Sa => Range.Hi,
        Prefix.Ne or Prefix.Lt or Prefix.Le or Prefix.Eb or Prefix.Ap => null,
    };

    /// <summary>The range of a stored element; an open end is open in the index too. Null when it has none.</summary>
    public static DateRange? In(Element element) => element.Type switch
    {
        "Period" => Period(element),
        "Timing" => Timing(element),
        _ => element.Text is { } text ? DateRange.Parse(text) : null,
    };

    public static bool Index(Element element, int p, IndexEntries to)
    {
        if (In(element) is not { } range) return false;
        to.Dates.Add((p, 0, range.Lo, range.Hi));
        return true;
    }

    /// <summary>The condition on a stored range whose ends stand in two columns.</summary>
    public Sql Where(Sql lo, Sql hi, long nowMicros)
    {
        var (from, to) = Range;
        return Prefix switch
        {
            Prefix.Eq => Sql.Of($"({lo} >= {from} and {lo} <= {to} and {hi} <= {to})"),
            Prefix.Ne => Sql.Of($"({lo} < {from} or {hi} > {to})"),
            Prefix.Gt => Sql.Of($"{hi} > {to}"),
            Prefix.Lt => Sql.Of($"{lo} < {from}"),
            Prefix.Ge => Sql.Of($"({hi} > {to} or {lo} >= {from})"),
            Prefix.Le => Sql.Of($"({lo} < {from} or {hi} <= {to})"),
            Prefix.Sa => Sql.Of($"{lo} >= {to}"),
            Prefix.Eb => Sql.Of($"{hi} <= {from}"),
            Prefix.Ap => About(lo, hi, nowMicros),
        };
    }

    // A tenth of the time between then and now to each side.
    private Sql About(Sql lo, Sql hi, long nowMicros)
    {
        var margin = Math.Abs(nowMicros - Range.Lo) / 10;
        return Sql.Of($"({lo} < {Range.Hi + margin} and {hi} > {Range.Lo - margin})");
    }

    private static DateRange? Period(Element period)
    {
        var (start, end) = (period["start"].Text is { } s ? DateRange.Parse(s) : null, period["end"].Text is { } e ? DateRange.Parse(e) : null);
        return start is null && end is null ? null : new(start?.Lo ?? long.MinValue, end?.Hi ?? long.MaxValue);
    }

    // Only the outer limits count: of its events, or the bounds of what repeats.
    private static DateRange? Timing(Element timing)
    {
        var events = timing.Each("event").Select(e => e.Text is { } text ? DateRange.Parse(text) : null).OfType<DateRange>().ToList();
        if (events.Count > 0) return new(events.Min(e => e.Lo), events.Max(e => e.Hi));
        return timing["repeat"]["bounds"] is { Type: "Period" } bounds ? Period(bounds) : null;
    }
}

/// <summary>A searched date.</summary>
internal sealed record DateValue(Date Date) : SearchValue("ix_date")
{
    public static Result<SearchValue> Parse(string text) => Date.Parse(text).Failed(out var issue, out var date) ? issue : new DateValue(date);

    public override Sql Where(SearchParameter parameter, Lookup lookup) =>
        Sql.Of($"i.v = 0 and {Date.Where(Sql.Raw("i.lo"), Sql.Raw("i.hi"), lookup.NowMicros)}");
}
