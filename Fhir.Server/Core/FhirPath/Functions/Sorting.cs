using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath.Operators;
using Fhir.Server.Core.FhirPath.Values;

namespace Fhir.Server.Core.FhirPath.Functions;

/// <summary>A key of <c>sort()</c>; <c>-key</c> sorts downwards.</summary>
internal sealed record SortField(Operator Value, bool Down);

/// <summary>An item beside the values of its keys.</summary>
internal readonly record struct SortRow(Element Item, Element?[] Keys);

/// <summary>https://build.fhir.org/ig/HL7/FHIRPath/#sortkeyselector — stable; an empty key comes first in both directions.</summary>
internal static class Sorting
{
    public static Function By(SortField[] keys) => (run, input, _, into) =>
    {
        var rows = new SortRow[input.Count];
        for (var i = 0; i < rows.Length && run.Goes(Run.NewValue * keys.Length); i++) rows[i] = new(input[i], KeysOf(run, input[i], i, keys));
        if (run.Failed) return;
        foreach (var row in Sorted(run, rows, keys)) into.Add(row.Item);
    };

    // Merging by ourselves: what has no known order compares as equal to all, and the framework's sorts throw at that.
    private static SortRow[] Sorted(Run run, SortRow[] rows, SortField[] keys)
    {
        var (from, to) = (rows, new SortRow[rows.Length]);
        for (var width = 1; width < rows.Length; width *= 2, (from, to) = (to, from))
            for (var start = 0; start < rows.Length; start += 2 * width)
            {
                var (middle, end) = (Math.Min(start + width, rows.Length), Math.Min(start + 2 * width, rows.Length));
                var (left, right) = (start, middle);
                for (var at = start; at < end; at++)
                    to[at] = right >= end || (left < middle && Compare(run, from[left].Keys, from[right].Keys, keys) <= 0) ? from[left++] : from[right++];
            }
        return from;
    }

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
