using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath.Operators;
using Fhir.Server.Core.FhirPath.Values;

namespace Fhir.Server.Core.FhirPath.Functions;

/// <summary>A key of <c>sort()</c>; <c>-key</c> sorts downwards.</summary>
internal sealed record SortField(Operator Value, bool Down);

/// <summary>https://build.fhir.org/ig/HL7/FHIRPath/#sortkeyselector — stable; an empty key comes first in both directions.</summary>
internal static class Sorting
{
    public static Function By(SortField[] keys) => (run, input, _, into) =>
    {
        var rows = new List<(Element Item, Element?[] Keys)>();
        for (var i = 0; i < input.Count && run.Goes(Run.NewValue * keys.Length); i++) rows.Add((input[i], KeysOf(run, input[i], i, keys)));
        foreach (var (item, _) in rows.Order(Comparer<(Element Item, Element?[] Keys)>.Create((a, b) => Compare(run, a.Keys, b.Keys, keys)))) into.Add(item);
    };

    private static Element?[] KeysOf(Run run, Element item, int index, SortField[] keys)
    {
        var values = new Element?[keys.Length];
        var found = run.Rent();
        for (var i = 0; i < keys.Length; i++)
        {
            found.Clear();
            run.With(item, index, keys[i].Value, found);
            values[i] = run.One(found);
        }
        run.Return(found);
        return values;
    }

    private static int Compare(Run run, Element?[] a, Element?[] b, SortField[] keys)
    {
        for (var i = 0; i < keys.Length; i++)
        {
            if (!run.Goes()) return 0;
            var order = Compare(run, a[i], b[i], keys[i].Down);
            if (order != 0) return order;
        }
        return 0;
    }

    private static int Compare(Run run, Element? a, Element? b, bool down)
    {
        if (a is null || b is null) return (a is null ? 0 : 1) - (b is null ? 0 : 1);
        var order = Equality.Order(a, b, out var comparable);
        if (!comparable) run.Fail("Values are sorted that have no order.");
        return down ? -order ?? 0 : order ?? 0;
    }
}
