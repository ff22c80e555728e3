using System.Globalization;

namespace Fhir.Server.Core.FhirPath.Values;

/// <summary>
/// What a unit measures: powers of UCUM's base units, and of its arbitrary units, which are commensurable with themselves only.
/// Two are the same when their texts are: <c>g.m-3</c>, "1" for a mere number.
/// </summary>
internal sealed class Dimension : IEquatable<Dimension>
{
    public static readonly Dimension None = new([]);

    private readonly (string Unit, int Power)[] _powers;

    // In ordinal order of the units, none with power 0.
    private Dimension((string Unit, int Power)[] powers)
    {
        _powers = powers;
        Text = powers.Length == 0 ? "1" : string.Join('.', powers.Select(p => p.Power == 1 ? p.Unit : string.Create(CultureInfo.InvariantCulture, $"{p.Unit}{p.Power}")));
    }

    public static Dimension Of(string unit) => new([(unit, 1)]);

    /// <summary>The canonical unit: a UCUM code itself.</summary>
    public string Text { get; }

    /// <summary>This, times the other to that power.</summary>
    public Dimension Times(Dimension other, int power)
    {
        if (other._powers.Length == 0 || power == 0) return this;
        var all = _powers.Concat(other._powers.Select(p => (p.Unit, Power: p.Power * power)))
            .GroupBy(p => p.Unit, (unit, of) => (unit, of.Sum(p => p.Power)), StringComparer.Ordinal)
            .Where(p => p.Item2 != 0).OrderBy(p => p.unit, StringComparer.Ordinal);
        return new([.. all]);
    }

    public bool Equals(Dimension? other) => other is not null && Text == other.Text;
    public override bool Equals(object? obj) => Equals(obj as Dimension);
    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);
    public override string ToString() => Text;
}
