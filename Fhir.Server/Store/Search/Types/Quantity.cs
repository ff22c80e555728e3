using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath.Values;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Search.Types;

/// <summary>quantity — https://hl7.org/fhir/R4/search.html#quantity: a number, with a unit when one is asked for.</summary>
internal sealed record Quantity(Number Number, string? System, string? Unit)
{
    private const string Ucum = "http://unitsofmeasure.org";
    private const int MostExponent = 300;
    private const string Currencies = "urn:iso:std:iso:4217";

    /// <summary>Reads <c>5.4</c>, <c>5.4|system|code</c>, <c>5.4||unit</c> (code or unit), and <c>5.4|system</c> (any unit of it).</summary>
    public static Result<Quantity> Parse(string text)
    {
        var parts = SearchText.Split(text, '|');
        if (parts.Count > 3) return new Issue(IssueKind.Invalid, "A quantity is written as number|system|code.");
        if (Number.Parse(parts[0]).Failed(out var issue, out var number)) return issue;
        return new Quantity(number, parts.Count > 1 && parts[1].Length > 0 ? parts[1] : null, parts.Count > 2 && parts[2].Length > 0 ? parts[2] : null);
    }

    /// <summary>
    /// The stored element as ranges, one for each way its unit may be named: half of U is the hash of the system, half that of
    /// the code or unit, so that "any unit of this system" is a range; and one without a unit (U = 0).
    /// </summary>
    public static IEnumerable<(long U, byte[] Lo, byte[] Hi)> In(Element element, KeyedHash hash) => element.Type switch
    {
        "Range" => Ends(element["low"], element["high"], hash),
        "Money" => element["value"].Text is { } value && DecimalKey.Of(value) is { } key ? Units(key, key, Currencies, element["currency"].Text, null, hash) : [],
        "SampledData" => [],   // a series has no one value: not searchable by it
        _ when element["value"].Text is { } value && DecimalKey.Of(value) is { } key => Compared(element, key, hash),
        _ => [],
    };

    public static bool Index(Element element, int p, IndexEntries to, KeyedHash hash)
    {
        var some = element.Type == "SampledData";
        foreach (var (u, lo, hi) in In(element, hash))
        {
            to.Quantities.Add((p, 0, u, lo, hi));
            some = true;
        }
        return some;
    }

    /// <summary>The condition on a row of ix_qty under the alias <c>i</c>.</summary>
    public Sql Where(KeyedHash hash)
    {
        if (IsMeasured && Measure(hash, Unit!, Number.Value) is { } measured)
            return Sql.Of($"i.u = {measured.U} and {Number.Where(Sql.Raw("i.lo"), Sql.Raw("i.hi"), value => Measure(hash, Unit!, value)!.Value.Key)}");
        var number = Number.Where(Sql.Raw("i.lo"), Sql.Raw("i.hi"));
        if (System is not null && Unit is null)
            return Sql.Of($"i.u >= {Mix(hash, System, 0)} and i.u <= {Mix(hash, System, uint.MaxValue)} and {number}");
        if (Unit is not null) return Sql.Of($"i.u = {Named(hash, System, Unit)} and {number}");
        return Sql.Of($"i.u = 0 and {number}");
    }

    /// <summary>It has a unit of UCUM: the same amount is found in whatever unit it was written.</summary>
    public bool IsMeasured => System == Ucum && Unit is not null;

    // UCUM's canonical unit of what a unit measures, and the number of those; 1 g and 1000 mg have the same.
    private static (long U, byte[] Key)? Measure(KeyedHash hash, string code, ExactDecimal value) =>
        Math.Abs((long)value.Exponent) < MostExponent && Core.FhirPath.Values.Ucum.Canonical(value.Mantissa, value.Exponent, code) is var (measures, mantissa, exponent)
            ? (Mix(hash, "canonical", (uint)hash.Of('k', measures)), DecimalKey.Of(new ExactDecimal(mantissa, exponent))) : null;

    private static (long U, byte[] Key)? Measure(KeyedHash hash, Element quantity) =>
        quantity["system"].Text == Ucum && quantity["code"].Text is { } code && quantity["value"].Text is { } text && ExactDecimal.Parse(text) is { } value ? Measure(hash, code, value) : null;

    private static IEnumerable<(long U, byte[] Lo, byte[] Hi)> Compared(Element quantity, byte[] key, KeyedHash hash)
    {
        var comparator = quantity["comparator"].Text;
        var (lo, hi) = Bounds(comparator, key);
        var units = Units(lo, hi, quantity["system"].Text, quantity["code"].Text, quantity["unit"].Text, hash);
        if (Measure(hash, quantity) is not { } measured) return units;
        (lo, hi) = Bounds(comparator, measured.Key);
        return units.Append((measured.U, lo, hi));
    }

    private static (byte[] Lo, byte[] Hi) Bounds(string? comparator, byte[] key) => comparator switch
        {
        "<" => (DecimalKey.Lowest, DecimalKey.Below(key)),
        "<=" => (DecimalKey.Lowest, key),
        ">=" => (key, DecimalKey.Highest),
        ">" => (DecimalKey.Above(key), DecimalKey.Highest),
        _ => (key, key),
    };

    private static IEnumerable<(long U, byte[] Lo, byte[] Hi)> Ends(Element low, Element high, KeyedHash hash)
    {
        var (lo, hi) = (low["value"].Text is { } l ? DecimalKey.Of(l) : null, high["value"].Text is { } h ? DecimalKey.Of(h) : null);
        if (lo is null && hi is null) return [];
        var unit = low.Exists ? low : high;
        var units = Units(lo ?? DecimalKey.Lowest, hi ?? DecimalKey.Highest, unit["system"].Text, unit["code"].Text, unit["unit"].Text, hash);
        var (from, to) = (Measure(hash, low), Measure(hash, high));
        if ((from ?? to) is not { } one || (from is { } f && to is { } t && f.U != t.U) || (lo is not null && from is null) || (hi is not null && to is null)) return units;
        return units.Append((one.U, from?.Key ?? DecimalKey.Lowest, to?.Key ?? DecimalKey.Highest));
    }

    private static IEnumerable<(long U, byte[] Lo, byte[] Hi)> Units(byte[] lo, byte[] hi, string? system, string? code, string? unit, KeyedHash hash)
    {
        yield return (0, lo, hi);
        if (code is not null) yield return (Named(hash, null, code), lo, hi);
        if (unit is not null && unit != code) yield return (Named(hash, null, unit), lo, hi);
        if (system is not null && code is not null) yield return (Named(hash, system, code), lo, hi);
    }

    private static long Named(KeyedHash hash, string? system, string unit) => Mix(hash, system, (uint)hash.Of('q', unit));

    private static long Mix(KeyedHash hash, string? system, uint unit) => (system is null ? 0 : hash.Of('y', system) & ~0xFFFF_FFFFL) | unit;
}

/// <summary>A searched quantity.</summary>
internal sealed record QuantityValue(Quantity Quantity) : SearchValue("ix_qty")
{
    public static Result<SearchValue> Parse(string text) => Quantity.Parse(text).Failed(out var issue, out var quantity) ? issue : new QuantityValue(quantity);

    public override Sql Where(SearchParameter parameter, Lookup lookup) => Sql.Of($"i.v = 0 and {Quantity.Where(lookup.Hash)}");
}
