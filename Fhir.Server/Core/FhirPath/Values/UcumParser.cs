using System.Globalization;
using System.Numerics;

namespace Fhir.Server.Core.FhirPath.Values;

/// <summary>https://ucum.org/ucum#section-Syntax-Rules — reads one code. The worth of a valid one may still be unknown: products with a special unit, powers past all measure.</summary>
internal ref struct UcumParser(ReadOnlySpan<char> code)
{
    private const int LargestPower = 99;

    private ReadOnlySpan<char> _rest = code;

    /// <summary>False when it is no UCUM code.</summary>
    public bool TryRead(out UnitWorth? worth)
    {
        worth = UnitWorth.One;
        if (_rest is not ['/', ..]) return Term(out worth) && _rest.IsEmpty;
        return Factors(ref worth) && _rest.IsEmpty;
    }

    // term: component (('.' | '/') component)*
    private bool Term(out UnitWorth? worth) => Component(out worth) && Factors(ref worth);

    private bool Factors(ref UnitWorth? worth)
    {
        while (_rest is ['.' or '/', ..])
        {
            var power = _rest[0] == '.' ? 1 : -1;
            _rest = _rest[1..];
            if (!Component(out var right)) return false;
            worth = right is null ? null : worth?.Times(right, power);
        }
        return true;
    }

    private bool Component(out UnitWorth? worth)
    {
        if (_rest is ['(', ..]) return InParentheses(out worth);
        worth = UnitWorth.One;
        if (_rest is ['{', ..]) return Annotation();
        var length = LengthOfUnit();
        var unit = _rest[..length];
        _rest = _rest[length..];
        return Annotatable(unit, out worth) && (_rest is not ['{', ..] || Annotation());
    }

    private bool InParentheses(out UnitWorth? worth)
    {
        _rest = _rest[1..];
        if (!Term(out worth) || _rest is not [')', ..]) return false;
        _rest = _rest[1..];
        return _rest is not ['{', ..] || Annotation();
    }

    // Any printable ASCII but braces and blanks; it has no meaning.
    private bool Annotation()
    {
        var end = _rest.IndexOf('}');
        if (end < 0 || _rest[1..end].IndexOfAnyExceptInRange('!', '~') >= 0 || _rest[1..end].Contains('{')) return false;
        _rest = _rest[(end + 1)..];
        return true;
    }

    // Brackets may hold digits, points and slashes ("B[10.nV]"), so they are passed over whole.
    private readonly int LengthOfUnit()
    {
        var (at, inside) = (0, false);
        for (; at < _rest.Length; at++)
        {
            if (_rest[at] == '[') inside = true;
            else if (_rest[at] == ']') inside = false;
            else if (!inside && _rest[at] is '.' or '/' or '(' or ')' or '{' or '}') break;
        }
        return at;
    }

    private static bool Annotatable(ReadOnlySpan<char> unit, out UnitWorth? worth)
    {
        worth = null;
        if (unit.IsEmpty) return false;
        if (!unit.ContainsAnyExceptInRange('0', '9')) return Number(unit, out worth);
        var name = unit.TrimEnd("0123456789");
        var exponent = 1;
        if (name.Length < unit.Length)
        {
            if (!int.TryParse(unit[name.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out exponent)) exponent = int.MaxValue;
            if (name is [.., '-']) exponent = -exponent;
            if (name is [.., '-' or '+']) name = name[..^1];
        }
        if (UcumTable.Instance.Find(name.ToString()) is not { } atom) return false;
        worth = exponent == 1 ? atom : Math.Abs(exponent) > LargestPower ? null : UnitWorth.One.Times(atom, exponent);
        return true;
    }

    // A whole number above zero: nothing can be counted in units of nothing.
    private static bool Number(ReadOnlySpan<char> digits, out UnitWorth? worth)
    {
        var count = BigInteger.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);
        worth = count.IsZero ? null : new(Ratio.Parse(digits.ToString()), Dimension.None);
        return !count.IsZero;
    }
}
