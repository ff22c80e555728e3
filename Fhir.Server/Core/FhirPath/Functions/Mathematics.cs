using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath.Operators;
using Fhir.Server.Core.FhirPath.Values;

namespace Fhir.Server.Core.FhirPath.Functions;

/// <summary>https://hl7.org/fhirpath/#math-1 — what has no result (a root of -1, a number too large) is empty.</summary>
internal static class Mathematics
{
    public static void Abs(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        if (run.One(input) is not { } item || run.Failed) return;
        if (Kinds.Of(item) == Kind.Quantity)
        {
            if (Amount.Of(item) is { } amount) into.Add(Computed.Of(amount with { Value = Math.Abs(amount.Value) }));
        }
        else if (Number(run, item) is { } number) Add(into, Math.Abs(number), Kinds.Of(item));
    }

    /// <summary>ceiling, floor, truncate: to a whole number.</summary>
    public static Function Whole(Func<decimal, decimal> rounded) => (run, input, _, into) =>
    {
        if (run.One(input) is not { } item || run.Failed) return;
        if (Kinds.Of(item) == Kind.Quantity) { if (Amount.Of(item) is { } amount) into.Add(Computed.Of(amount with { Value = rounded(amount.Value) })); }
        else if (Number(run, item) is { } number) Add(into, rounded(number), Kind.Integer);
    };

    /// <summary>exp, ln, sqrt.</summary>
    public static Function Of(Func<double, double> calculated) => (run, input, _, into) =>
    {
        if (run.One(input) is { } item && Number(run, item) is { } number && Exact(calculated((double)number)) is { } result) into.Add(Computed.Of(result));
    };

    public static void Log(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        var (item, other) = (run.One(input), run.One(arguments[0]));
        if (item is null || other is null || Number(run, item) is not { } number || Number(run, other) is not { } radix) return;
        if (Exact(Math.Log((double)number) / Math.Log((double)radix)) is { } result) into.Add(Computed.Of(result));
    }

    public static void Power(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        var (item, other) = (run.One(input), run.One(arguments[0]));
        if (item is null || other is null || Number(run, item) is not { } number || Number(run, other) is not { } exponent) return;
        if (Exact(Math.Pow((double)number, (double)exponent)) is not { } result) return;
        var stays = Kinds.Of(item) == Kind.Integer && Kinds.Of(other) == Kind.Integer && decimal.IsInteger(result);
        Add(into, result, stays ? Kind.Integer : Kind.Decimal);
    }

    public static void Round(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        if (run.One(input) is not { } item || run.Failed) return;
        var precision = arguments.Length == 0 ? 0 : run.Integer(arguments[0]);
        if (precision < 0) run.Fail("round() takes no negative precision.");
        if (precision is not { } digits || run.Failed) return;
        if (Kinds.Of(item) == Kind.Quantity) { if (Amount.Of(item) is { } amount) into.Add(Computed.Of(amount with { Value = Rounded(amount.Value, digits) })); }
        else if (Number(run, item) is { } number) into.Add(Computed.Of(Rounded(number, digits)));
    }

    private static decimal Rounded(decimal number, int digits) => digits > 28 ? number : decimal.Round(number, digits, MidpointRounding.AwayFromZero);

    private static decimal? Number(Run run, Element item)
    {
        if (run.Failed) return null;
        if (!Kinds.Of(item).IsNumber()) run.Fail("A number is expected.");
        return run.Failed ? null : Numbers.Of(item);
    }

    private static decimal? Exact(double result) => double.IsFinite(result) && Math.Abs(result) < 7.9e28 ? Plain((decimal)result) : null;

    // "-1.0" comes out of some binary numbers: digits that say nothing.
    private static decimal Plain(decimal number) => decimal.Round(number, Numbers.Decimals(number));

    private static void Add(List<Element> into, decimal number, Kind kind)
    {
        var fits = kind switch { Kind.Integer => number is >= int.MinValue and <= int.MaxValue, Kind.Long => number is >= long.MinValue and <= long.MaxValue, _ => true };
        if (fits) into.Add(Computed.Number(number, kind));
    }
}
