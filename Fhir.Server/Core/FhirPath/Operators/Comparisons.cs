using Fhir.Server.Core.FhirPath.Values;

namespace Fhir.Server.Core.FhirPath.Operators;

/// <summary>https://hl7.org/fhirpath/#equality — <c>=</c> and <c>!=</c>.</summary>
internal sealed class Equals(Operator left, Operator right, bool wanted) : Test
{
    public override bool? Truth(Run run)
    {
        if (!run.Goes()) return null;
        var equal = (left, right) switch
        {
            (Test a, Test b) => a.Truth(run) is { } x && b.Truth(run) is { } y ? x == y : null,
            (Whole a, Whole b) => a.Number(run) == b.Number(run),
            _ => OfLists(run),
        };
        return equal is null ? null : equal == wanted;
    }

    private bool? OfLists(Run run)
    {
        var (a, b) = (run.Values(left), run.Values(right));
        var equal = Equality.Equal(run, a, b);
        run.Return(a);
        run.Return(b);
        return equal;
    }
}

/// <summary>https://hl7.org/fhirpath/#equivalent — <c>~</c> and <c>!~</c>; never empty.</summary>
internal sealed class IsEquivalent(Operator left, Operator right, bool wanted) : Test
{
    public override bool? Truth(Run run)
    {
        var (a, b) = (run.Values(left), run.Values(right));
        bool? equivalent = run.Goes() ? Equivalence.Equivalent(run, a, b) == wanted : null;
        run.Return(a);
        run.Return(b);
        return equivalent;
    }
}

/// <summary>https://hl7.org/fhirpath/#comparison — less, greater and their kin.</summary>
internal sealed class Compares(Operator left, Operator right, Func<int, bool> wanted) : Test
{
    public override bool? Truth(Run run)
    {
        if (left is Whole x && right is Whole y) return wanted(x.Number(run).CompareTo(y.Number(run)));
        var (a, b) = (run.One(left), run.One(right));
        if (a is null || b is null || !run.Goes()) return null;
        if (Kinds.Of(a) == Kind.Quantity) run.Goes(Run.Conversion);
        var order = Equality.Order(a, b, out var comparable);
        if (!comparable) run.Fail("Two values are compared that have no order.");
        return order is { } known ? wanted(known) : null;
    }
}

/// <summary>https://hl7.org/fhirpath/#collections-2 — <c>in</c>, and <c>contains</c> with its sides changed.</summary>
internal sealed class IsIn(Operator item, Operator collection) : Test
{
    public override bool? Truth(Run run)
    {
        if (run.One(item) is not { } wanted) return null;
        if (collection is UnionOf union) return union.Contains(run, wanted);
        var items = run.Values(collection);
        var found = run.Goes(items.Count + 1) && Distinct.Contains(run, items, wanted);
        run.Return(items);
        return found;
    }
}
