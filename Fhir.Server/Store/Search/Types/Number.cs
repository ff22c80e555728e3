using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Search.Types;

/// <summary>number — https://hl7.org/fhir/R4/search.html#number: equality by the written precision, order by the exact value.</summary>
internal sealed record Number(Prefix Prefix, ExactDecimal Value)
{
    public static Result<Number> Parse(string text)
    {
        var (prefix, rest) = Prefixes.Split(text);
        return ExactDecimal.Parse(rest) is { } value ? new Number(prefix, value) : new Issue(IssueKind.Invalid, "A number is written in digits, such as 100, 5.40 or 1e-3.");
    }

    public static bool Index(Element element, int p, IndexEntries to)
    {
        if (element.Text is not { } text || DecimalKey.Of(text) is not { } key) return false;
        to.Quantities.Add((p, 0, 0, key, key));
        return true;
    }

    /// <summary>The condition on a stored range (a point, mostly) whose ends stand in two columns.</summary>
    public Sql Where(Sql lo, Sql hi) => Where(lo, hi, DecimalKey.Of);

    /// <summary>The same where numbers are kept in another unit, which keeps their order.</summary>
    public Sql Where(Sql lo, Sql hi, Func<ExactDecimal, byte[]> key)
    {
        var exact = key(Value);
        return Prefix switch
        {
            Prefix.Eq => Within(lo, hi, key(Value.Precision.From), key(Value.Precision.To)),
            Prefix.Ne => Sql.Of($"({lo} < {key(Value.Precision.From)} or {hi} >= {key(Value.Precision.To)})"),
            Prefix.Gt => Sql.Of($"{hi} > {exact}"),
            Prefix.Lt => Sql.Of($"{lo} < {exact}"),
            Prefix.Ge => Sql.Of($"{hi} >= {exact}"),
            Prefix.Le => Sql.Of($"{lo} <= {exact}"),
            Prefix.Sa => Sql.Of($"{lo} > {exact}"),
            Prefix.Eb => Sql.Of($"{hi} < {exact}"),
            Prefix.Ap => Sql.Of($"({lo} <= {key(Value.About.To)} and {hi} >= {key(Value.About.From)})"),
        };
    }

    private static Sql Within(Sql lo, Sql hi, byte[] from, byte[] to) => Sql.Of($"({lo} >= {from} and {lo} < {to} and {hi} < {to})");
}

/// <summary>A searched number.</summary>
internal sealed record NumberValue(Number Number) : SearchValue("ix_qty")
{
    public static Result<SearchValue> Parse(string text) => Number.Parse(text).Failed(out var issue, out var number) ? issue : new NumberValue(number);

    public override Sql Where(SearchParameter parameter, Lookup lookup) =>
        Sql.Of($"i.v = 0 and i.u = 0 and {Number.Where(Sql.Raw("i.lo"), Sql.Raw("i.hi"))}");
}
