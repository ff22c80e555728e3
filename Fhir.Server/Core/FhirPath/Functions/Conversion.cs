using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath.Operators;
using Fhir.Server.Core.FhirPath.Values;

namespace Fhir.Server.Core.FhirPath.Functions;

/// <summary>https://hl7.org/fhirpath/#conversion — each conversion is one function of a value; null is "cannot be converted".</summary>
internal static class Conversion
{
    /// <summary><c>toX()</c>.</summary>
    public static Function To(Func<Element, Element?> convert) => (run, input, _, into) =>
    {
        if (run.One(input) is { } item && !run.Failed && convert(item) is { } converted) into.Add(converted);
    };

    /// <summary><c>convertsToX()</c>.</summary>
    public static Function ConvertsTo(Func<Element, Element?> convert) => (run, input, _, into) =>
    {
        if (run.One(input) is { } item && !run.Failed) into.Add(Computed.Of(convert(item) is not null));
    };

    public static Element? Boolean(Element item) => Kinds.Of(item) switch
    {
        Kind.Boolean => item.Text is null ? null : Computed.Of(item.Text == "true"),
        Kind.Integer or Kind.Long or Kind.Decimal => Numbers.Of(item) switch { 1 => Computed.True, 0 => Computed.False, _ => null },
        Kind.String => item.Text?.ToLowerInvariant() switch
        {
            "true" or "t" or "yes" or "y" or "1" or "1.0" => Computed.True,
            "false" or "f" or "no" or "n" or "0" or "0.0" => Computed.False,
            _ => null,
        },
        _ => null,
    };

    public static Element? Integer(Element item) => Whole(item) is { } number and >= int.MinValue and <= int.MaxValue ? Computed.Of((int)number) : null;
    public static Element? Long(Element item) => Whole(item) is { } number ? Computed.Of(number) : null;

    private static long? Whole(Element item) => Kinds.Of(item) switch
    {
        Kind.Boolean => item.Text is null ? null : item.Text == "true" ? 1 : 0,
        Kind.Integer or Kind.Long or Kind.String => Numbers.Long(item.Text),
        _ => null,
    };

    public static Element? Decimal(Element item) => Kinds.Of(item) switch
    {
        Kind.Boolean => item.Text is null ? null : Computed.Of(item.Text == "true" ? 1.0m : 0.0m),
        Kind.Integer or Kind.Long or Kind.Decimal => Numbers.Of(item) is { } number ? Computed.Of(number) : null,
        Kind.String => IsNumber(item.Text) && Numbers.Parse(item.Text) is { } number ? Computed.Of(number) : null,
        _ => null,
    };

    // (\+|-)?\d+(\.\d+)?
    private static bool IsNumber(string? text) => text is { Length: > 0 } && char.IsAsciiDigit(text[^1]) && char.IsAsciiDigit(text[text[0] is '+' or '-' && text.Length > 1 ? 1 : 0]);

    public static Element? Date(Element item) => Kinds.Of(item) switch
    {
        Kind.Date or Kind.DateTime => Temporal.Of(item) is { } at ? Computed.Of(at.ToDate()) : null,
        Kind.String => TemporalText.Date(item.Text) is { } at ? Computed.Of(at) : null,
        _ => null,
    };

    public static Element? DateTime(Element item) => Kinds.Of(item) switch
    {
        Kind.Date or Kind.DateTime or Kind.String => TemporalText.DateTime(item.Text) is not null ? Computed.Literal(Kind.DateTime, item.Text!) : null,
        _ => null,
    };

    public static Element? Time(Element item) => Kinds.Of(item) switch
    {
        Kind.Time or Kind.String => TemporalText.Time(item.Text) is not null ? Computed.Literal(Kind.Time, item.Text!) : null,
        _ => null,
    };

    public static Element? String(Element item) => Kinds.Of(item) switch
    {
        Kind.Complex => null,
        Kind.Quantity => Amount.Of(item) is { } amount ? Computed.Of(amount.ToString()) : null,
        _ => item.Text is null ? null : Computed.Of(item.Text),
    };

    public static Element? Quantity(Element item) => AmountOf(item) is { } amount ? Computed.Of(amount) : null;

    private static Amount? AmountOf(Element item) => Kinds.Of(item) switch
    {
        Kind.Boolean => item.Text is null ? null : new Amount(item.Text == "true" ? 1.0m : 0.0m, "1"),
        Kind.String => AmountIn(item.Text ?? ""),
        _ => Amount.Of(item),
    };

    // A number, and then nothing, a calendar word, or a unit in quotes.
    private static Amount? AmountIn(string text)
    {
        var length = 0;
        while (length < text.Length && (char.IsAsciiDigit(text[length]) || text[length] is '.' or '+' or '-')) length++;
        var number = text[..length];
        if (!IsNumber(number) || Numbers.Parse(number) is not { } value) return null;
        var unit = text[length..].Trim();
        if (unit.Length == 0) return new Amount(value, "1");
        if (Calendar.IsWord(unit)) return new Amount(value, unit);
        return unit.Length > 2 && unit[0] == '\'' && unit[^1] == '\'' && !unit.AsSpan(1, unit.Length - 2).Contains('\'') ? new Amount(value, unit[1..^1]) : null;
    }

    public static void ToQuantity(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        if (run.One(input) is { } item && !run.Failed && InUnit(run, item, arguments) is { } amount) into.Add(Computed.Of(amount));
    }

    public static void ConvertsToQuantity(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        if (run.One(input) is { } item && !run.Failed) into.Add(Computed.Of(InUnit(run, item, arguments) is not null));
    }

    private static Amount? InUnit(Run run, Element item, Operator[] arguments)
    {
        if (AmountOf(item) is not { } amount || arguments.Length == 0 || !run.Goes(Run.Conversion)) return AmountOf(item);
        return run.Text(arguments[0]) is { } unit && Units.In(amount, unit) is { } value ? new Amount(value, unit) : null;
    }
}
