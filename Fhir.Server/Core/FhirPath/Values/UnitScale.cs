namespace Fhir.Server.Core.FhirPath.Values;

/// <summary>https://ucum.org/ucum#section-Special-Units-on-non-ratio-scales — a scale that starts elsewhere or is no straight line: <c>Cel</c>, <c>[pH]</c>, <c>B[SPL]</c>.</summary>
internal sealed class UnitScale
{
    // What the functions of the UCUM table do; the offsets are exact, the curves as precise as a double.
    private static readonly Dictionary<string, Ratio> Offsets = new(StringComparer.Ordinal)
    {
        ["Cel"] = Ratio.Parse("273.15"), ["degF"] = Ratio.Parse("459.67"), ["degRe"] = Ratio.Parse("218.52"),
    };

    private static readonly Dictionary<string, Curve> Curves = new(StringComparer.Ordinal)
    {
        ["ln"] = new(Math.Log, Math.Exp), ["lg"] = new(Math.Log10, y => Math.Pow(10, y)), ["ld"] = new(Math.Log2, y => Math.Pow(2, y)),
        ["lgTimes2"] = new(x => 2 * Math.Log10(x), y => Math.Pow(10, y / 2)), ["sqrt"] = new(Math.Sqrt, y => y * y),
        ["pH"] = Dilution(10), ["hpX"] = Dilution(10), ["hpC"] = Dilution(100), ["hpM"] = Dilution(1000), ["hpQ"] = Dilution(50_000),
        // The table says "deg" where its definition says radian: 100 % slope is 45 degrees.
        ["tanTimes100"] = Slope, ["100tan"] = Slope,
    };

    private readonly UnitWorth _unit;
    private readonly Ratio? _offset;
    private readonly Curve? _curve;

    private UnitScale(UnitWorth unit, Ratio? offset, Curve? curve) => (_unit, _offset, _curve) = (unit, offset, curve);

    private sealed record Curve(Func<double, double> Up, Func<double, double> Down);

    private static Curve Slope => new(x => 100 * Math.Tan(x * Math.PI / 180), y => Math.Atan(y / 100) * 180 / Math.PI);

    private static Curve Dilution(double by) => new(x => -Math.Log(x) / Math.Log(by), y => Math.Pow(by, -y));

    /// <summary>The function of that name over the unit it is measured in; null when there is no such function.</summary>
    public static UnitScale? Of(string function, UnitWorth unit)
    {
        if (Offsets.TryGetValue(function, out var offset)) return new(unit, offset, null);
        return Curves.TryGetValue(function, out var curve) ? new(unit, null, curve) : null;
    }

    /// <summary>It starts elsewhere, and is a straight line from there.</summary>
    public bool IsLinear => _offset is not null;

    public Ratio? ToCanonical(Ratio value)
    {
        var inUnit = _offset is { } offset ? value + offset : Ratio.Of(_curve!.Down(value.ToDouble()));
        return inUnit is { } found ? found * _unit.Factor : null;
    }

    public Ratio? FromCanonical(Ratio value)
    {
        var inUnit = value / _unit.Factor;
        return _offset is { } offset ? inUnit - offset : Ratio.Of(_curve!.Up(inUnit.ToDouble()));
    }
}
