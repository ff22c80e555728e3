namespace Fhir.Server.Core.FhirPath.Values;

/// <summary>What a unit is worth: so many times the canonical unit of its dimension; of a special unit, Factor is its prefix and the scale does the rest.</summary>
internal sealed record UnitWorth(Ratio Factor, Dimension Dimension, UnitScale? Scale = null)
{
    public static readonly UnitWorth One = new(Ratio.One, Dimension.None);

    /// <summary>A value in this unit, in the canonical unit; null when the scale does not reach so far.</summary>
    public Ratio? ToCanonical(Ratio value) => Scale is null ? value * Factor : Scale.ToCanonical(value * Factor);

    public Ratio? FromCanonical(Ratio value) => Scale is null ? value / Factor : Scale.FromCanonical(value) is { } onScale ? onScale / Factor : null;

    /// <summary>This times the other to that power; null for a special unit, which takes no part in products, and for numbers past all measure.</summary>
    public UnitWorth? Times(UnitWorth other, int power)
    {
        if (Scale is not null || other.Scale is not null || other.Factor.Power(power) is not { } factor) return null;
        var product = Factor * factor;
        return product.IsManageable ? new(product, Dimension.Times(other.Dimension, power)) : null;
    }
}
