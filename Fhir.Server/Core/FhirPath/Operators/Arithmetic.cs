using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath.Values;

namespace Fhir.Server.Core.FhirPath.Operators;

/// <summary>https://hl7.org/fhirpath/#math — <c>+ - * / div mod</c> on single values; null is empty: a division by zero, or a number too large.</summary>
internal sealed class Arithmetic(string sign, Operator left, Operator right) : Operator
{
    public override void Evaluate(Run run, List<Element> into)
    {
        var (a, b) = (run.One(left), run.One(right));
        if (a is null || b is null || !run.Goes(Run.NewValue)) return;
        if (Result(run, sign, a, b) is { } result) into.Add(result);
    }

    public static Element? Result(Run run, string sign, Element a, Element b)
    {
        var (kindA, kindB) = (Kinds.Of(a), Kinds.Of(b));
        if (kindA.IsNumber() && kindB.IsNumber()) return OfNumbers(sign, a, b, kindA > kindB ? kindA : kindB);
        if (sign == "+" && kindA == Kind.String && kindB == Kind.String) return Joined(run, a.Text, b.Text);
        if (sign is "+" or "-" && (kindA.IsDay() || kindA == Kind.Time) && kindB == Kind.Quantity) return Moved(run, sign, a, b);
        var haveAmounts = (kindA == Kind.Quantity || kindA.IsNumber()) && (kindB == Kind.Quantity || kindB.IsNumber());
        if (haveAmounts) run.Goes(Run.Conversion);
        if (haveAmounts && sign is not ("div" or "mod")) return OfAmounts(sign, a, b);
        run.Fail($"There is no '{sign}' for values of these types.");
        return null;
    }

    private static Element? Joined(Run run, string? a, string? b) =>
        a is null || b is null || !run.Fits(a.Length + b.Length) ? null : Computed.Of(a + b);

    private static Element? OfNumbers(string sign, Element a, Element b, Kind kind)
    {
        if (Numbers.Of(a) is not { } x || Numbers.Of(b) is not { } y || Calculated(sign, x, y) is not { } value) return null;
        if (sign == "/") kind = Kind.Decimal;
        if (sign == "div" && kind == Kind.Decimal) kind = Kind.Integer;
        var fits = kind switch
        {
            Kind.Integer => value is >= int.MinValue and <= int.MaxValue,
            Kind.Long => value is >= long.MinValue and <= long.MaxValue,
            _ => true,
        };
        return fits ? Computed.Number(value, kind) : null;
    }

    private static decimal? Calculated(string sign, decimal x, decimal y)
    {
        if (y == 0 && (sign is "/" or "div" or "mod")) return null;
        try
        {
            return sign switch
            {
                "+" => x + y,
                "-" => x - y,
                "*" => x * y,
                "/" => x / y,
                "div" => decimal.Truncate(x / y),
                _ => x % y,
            };
        }
        catch (OverflowException)
        {
            return null;
        }
    }

    private static Element? OfAmounts(string sign, Element a, Element b)
    {
        if (Amount.Of(a) is not { } x || Amount.Of(b) is not { } y) return null;
        if (sign is "*" or "/")
            return Units.Combine(x.Unit, y.Unit, sign) is { } unit && Calculated(sign, x.Value, y.Value) is { } product ? Computed.Of(new Amount(product, unit)) : null;
        return Units.Addend(y, x.Unit) is { } other && Calculated(sign, x.Value, other) is { } sum ? Computed.Of(x with { Value = sum }) : null;
    }

    private static Element? Moved(Run run, string sign, Element at, Element by)
    {
        if (Temporal.Of(at) is not { } from || Amount.Of(by) is not { } amount) return null;
        if (Calendar.Word(amount.Unit) is not { } word)
        {
            run.Fail("Only a calendar duration can be added to a date or time.");
            return null;
        }
        if (from.Kind == Kind.Time && word is ("year" or "month" or "week" or "day")) run.Fail("Only hours and what is less can be added to a time.");
        return from.Plus(sign == "-" ? -amount.Value : amount.Value, word) is { } to ? Computed.Of(to) : null;
    }
}

/// <summary><c>&amp;</c>: strings side by side, an empty one counting as ''.</summary>
internal sealed class Concatenate(Operator left, Operator right) : Operator
{
    public override void Evaluate(Run run, List<Element> into)
    {
        var (a, b) = (run.Text(left), run.Text(right));
        if (run.Goes(Run.NewValue)) into.Add(Computed.Of(a + b));
    }
}

/// <summary>The sign before a value; what has no negative (-2147483648) is empty.</summary>
internal sealed class Negated(Operator operand) : Operator
{
    public override void Evaluate(Run run, List<Element> into)
    {
        if (run.One(operand) is not { } item || run.Failed) return;
        var kind = Kinds.Of(item);
        if (kind == Kind.Quantity) { if (Amount.Of(item) is { } amount) into.Add(Computed.Of(amount with { Value = -amount.Value })); }
        else if (!kind.IsNumber()) run.Fail("Only a number or a quantity can be negated.");
        else if (Numbers.Of(item) is { } number) Add(into, -number, kind);
    }

    private static void Add(List<Element> into, decimal number, Kind kind)
    {
        if (kind == Kind.Integer ? number <= int.MaxValue : kind != Kind.Long || number <= long.MaxValue) into.Add(Computed.Number(number, kind));
    }
}
