using System.Collections.Frozen;
using System.Globalization;

namespace Fhir.Server.Core.FhirPath.Values;

/// <summary>What a unit is worth: so many times the base units of its dimension.</summary>
internal readonly record struct UnitWorth(decimal Factor, Dimension Dimension)
{
    public static readonly UnitWorth One = new(1, default);
}

/// <summary>Exponents of metre, second, gram, radian, kelvin, coulomb, candela and of UCUM's counting units.</summary>
internal readonly record struct Dimension(int M = 0, int S = 0, int G = 0, int Rad = 0, int K = 0, int C = 0, int Cd = 0, string? Own = null)
{
    /// <summary>Null when it cannot be told: a unit of its own (<c>[iU]</c>) only stands alone.</summary>
    public static Dimension? Sum(Dimension a, Dimension b, int sign)
    {
        if (b.Own is not null) return sign < 0 && a == b ? default(Dimension) : sign > 0 && a == default ? b : null;
        if (a.Own is not null) return b == default ? a : null;
        return new(a.M + sign * b.M, a.S + sign * b.S, a.G + sign * b.G, a.Rad + sign * b.Rad, a.K + sign * b.K, a.C + sign * b.C, a.Cd + sign * b.Cd);
    }
}

/// <summary>https://ucum.org/ucum — reads a code such as <c>mg/dL</c> or <c>m.s-2</c>, for the units that are met in care. Another unit is null: equal to itself only.</summary>
internal static class Ucum
{
    private const int LongestCode = 60;

    private static readonly FrozenDictionary<char, decimal> Prefixes = new Dictionary<char, decimal>
    {
        ['T'] = 1e12m, ['G'] = 1e9m, ['M'] = 1e6m, ['k'] = 1e3m, ['h'] = 1e2m, ['d'] = 0.1m, ['c'] = 0.01m, ['m'] = 0.001m,
        ['u'] = 1e-6m, ['n'] = 1e-9m, ['p'] = 1e-12m, ['f'] = 1e-15m,
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, UnitWorth> Metric = new Dictionary<string, UnitWorth>(StringComparer.Ordinal)
    {
        ["m"] = new(1, new(M: 1)), ["s"] = new(1, new(S: 1)), ["g"] = new(1, new(G: 1)), ["rad"] = new(1, new(Rad: 1)), ["K"] = new(1, new(K: 1)),
        ["C"] = new(1, new(C: 1)), ["cd"] = new(1, new(Cd: 1)), ["L"] = new(0.001m, new(M: 3)), ["l"] = new(0.001m, new(M: 3)),
        ["mol"] = new(6.0221367e23m, default), ["eq"] = new(6.0221367e23m, default), ["osm"] = new(6.0221367e23m, default),
        ["Hz"] = new(1, new(S: -1)), ["N"] = new(1000, new(M: 1, S: -2, G: 1)), ["Pa"] = new(1000, new(M: -1, S: -2, G: 1)),
        ["J"] = new(1000, new(M: 2, S: -2, G: 1)), ["W"] = new(1000, new(M: 2, S: -3, G: 1)), ["A"] = new(1, new(S: -1, C: 1)),
        ["V"] = new(1000, new(M: 2, S: -2, G: 1, C: -1)), ["bar"] = new(1e8m, new(M: -1, S: -2, G: 1)), ["t"] = new(1e6m, new(G: 1)),
        ["cal"] = new(4184, new(M: 2, S: -2, G: 1)), ["U"] = new(6.0221367e23m / 60_000_000, new(S: -1)), ["kat"] = new(6.0221367e23m, new(S: -1)),
        ["m[H2O]"] = new(9_806_650, new(M: -1, S: -2, G: 1)), ["m[Hg]"] = new(133_322_000, new(M: -1, S: -2, G: 1)),
        ["[iU]"] = new(1, new(Own: "[iU]")), ["[IU]"] = new(1, new(Own: "[iU]")),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, UnitWorth> Plain = new Dictionary<string, UnitWorth>(StringComparer.Ordinal)
    {
        ["%"] = new(0.01m, default), ["[ppth]"] = new(1e-3m, default), ["[ppm]"] = new(1e-6m, default), ["deg"] = new(0.0174532925199432957692m, new(Rad: 1)),
        ["min"] = new(60, new(S: 1)), ["h"] = new(3_600, new(S: 1)), ["d"] = new(86_400, new(S: 1)), ["wk"] = new(604_800, new(S: 1)),
        ["mo"] = new(2_629_800, new(S: 1)), ["a"] = new(31_557_600, new(S: 1)), ["mo_j"] = new(2_629_800, new(S: 1)), ["a_j"] = new(31_557_600, new(S: 1)),
        ["[in_i]"] = new(0.0254m, new(M: 1)), ["[ft_i]"] = new(0.3048m, new(M: 1)), ["[yd_i]"] = new(0.9144m, new(M: 1)), ["[mi_i]"] = new(1609.344m, new(M: 1)),
        ["[lb_av]"] = new(453.59237m, new(G: 1)), ["[oz_av]"] = new(28.349523125m, new(G: 1)), ["[gr]"] = new(0.06479891m, new(G: 1)),
        ["[degF]"] = new(1, new(Own: "[degF]")), ["Cel"] = new(1, new(Own: "Cel")), ["[pH]"] = new(1, new(Own: "[pH]")),
        ["[arb'U]"] = new(1, new(Own: "[arb'U]")), ["[drp]"] = new(0.00000005m, new(M: 3)),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static UnitWorth? Read(string code)
    {
        if (code.Length > LongestCode) return null;
        try
        {
            var rest = code.AsSpan();
            return Term(ref rest) is { } worth && rest.IsEmpty ? worth : null;
        }
        catch (OverflowException)
        {
            return null;
        }
    }

    // unit ('.' unit | '/' unit)*, or '/' first
    private static UnitWorth? Term(ref ReadOnlySpan<char> rest)
    {
        UnitWorth? worth = rest is ['/', ..] ? UnitWorth.One : Part(ref rest);
        while (worth is { } left && rest is ['.' or '/', ..])
        {
            var sign = rest[0] == '.' ? 1 : -1;
            rest = rest[1..];
            if (Part(ref rest) is not { } right || Dimension.Sum(left.Dimension, right.Dimension, sign) is not { } dimension) return null;
            worth = new(sign > 0 ? left.Factor * right.Factor : left.Factor / right.Factor, dimension);
        }
        return worth;
    }

    private static UnitWorth? Part(ref ReadOnlySpan<char> rest)
    {
        if (rest is ['(', ..])
        {
            rest = rest[1..];
            var inner = Term(ref rest);
            if (rest is not [')', ..]) return null;
            rest = rest[1..];
            return inner;
        }
        if (rest is ['{', ..]) return Annotated(UnitWorth.One, ref rest);
        var length = LengthOfPart(rest);
        var part = rest[..length];
        rest = rest[length..];
        return Simple(part) is { } worth ? Annotated(worth, ref rest) : null;
    }

    // Brackets may hold digits and points ("[in_i]"), so they are passed over whole.
    private static int LengthOfPart(ReadOnlySpan<char> rest)
    {
        var (at, inside) = (0, false);
        for (; at < rest.Length; at++)
        {
            if (rest[at] == '[') inside = true;
            else if (rest[at] == ']') inside = false;
            else if (!inside && rest[at] is '.' or '/' or '(' or ')' or '{') break;
        }
        return at;
    }

    private static UnitWorth? Annotated(UnitWorth worth, ref ReadOnlySpan<char> rest)
    {
        if (rest is not ['{', ..]) return worth;
        var end = rest.IndexOf('}');
        if (end < 0) return null;
        rest = rest[(end + 1)..];
        return worth;
    }

    private static UnitWorth? Simple(ReadOnlySpan<char> part)
    {
        if (part.IsEmpty) return null;
        if (part is "10*" or "10^") return new(10, default);
        if (int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var count)) return new(count, default);
        var name = part.TrimEnd("0123456789");
        var exponent = 1;
        if (name.Length < part.Length)
        {
            if (!int.TryParse(part[name.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out exponent) || exponent > 24) return null;
            if (name is [.., '-']) exponent = -exponent;
            if (name is [.., '-' or '+']) name = name[..^1];
        }
        return Atom(name) is { } atom ? Power(atom, exponent) : null;
    }

    private static UnitWorth? Atom(ReadOnlySpan<char> name)
    {
        if (name is "10*" or "10^") return new(10, default);
        var whole = name.ToString();
        if (Plain.TryGetValue(whole, out var plain)) return plain;
        if (Metric.TryGetValue(whole, out var metric)) return metric;
        if (name.Length < 2) return null;
        var (prefix, length) = name.StartsWith("da") ? (10m, 2) : (Prefixes.GetValueOrDefault(name[0]), 1);
        return prefix != 0 && Metric.TryGetValue(whole[length..], out metric) ? metric with { Factor = metric.Factor * prefix } : null;
    }

    private static UnitWorth? Power(UnitWorth atom, int exponent)
    {
        var power = UnitWorth.One;
        for (var i = 0; i < Math.Abs(exponent); i++)
        {
            if (Dimension.Sum(power.Dimension, atom.Dimension, Math.Sign(exponent)) is not { } dimension) return null;
            power = new(exponent > 0 ? power.Factor * atom.Factor : power.Factor / atom.Factor, dimension);
        }
        return power;
    }
}
