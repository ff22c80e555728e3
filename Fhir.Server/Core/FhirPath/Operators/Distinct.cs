using System.Runtime.InteropServices;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath.Values;

namespace Fhir.Server.Core.FhirPath.Operators;

/// <summary>https://hl7.org/fhirpath/#distinct — keeps the first of what is equal. Equal values share a bucket, so that large collections stay fast.</summary>
internal static class Distinct
{
    private const int Few = 12;

    /// <summary>Removes from the list, from start on, what stands there already.</summary>
    public static void From(List<Element> list, int start, Run run)
    {
        if (list.Count - start < 2) return;
        var buckets = list.Count - start > Few ? new Buckets() : null;
        var kept = start;
        for (var i = start; i < list.Count && run.Goes(); i++)
        {
            var item = list[i];
            if (buckets is null ? Contains(run, list, start, kept, item) : !buckets.Add(item, run)) continue;
            list[kept++] = item;
        }
        CollectionsMarshal.SetCount(list, kept);
    }

    public static bool Contains(Run run, List<Element> list, Element item) => Contains(run, list, 0, list.Count, item);

    private static bool Contains(Run run, List<Element> list, int from, int to, Element item)
    {
        for (var i = from; i < to; i++)
            if (Equality.Equal(run, list[i], item) == true) return true;
        return false;
    }
}

/// <summary>A set of values by FHIRPath's equality.</summary>
internal sealed class Buckets
{
    private const int CostOfKeeping = 8;
    private readonly Dictionary<int, List<Element>> _byHash = [];

    /// <summary>False when an equal value is there already.</summary>
    public bool Add(Element item, Run run)
    {
        ref var bucket = ref CollectionsMarshal.GetValueRefOrAddDefault(_byHash, Hash(item), out _);
        bucket ??= [];
        if (!run.Goes(bucket.Count + CostOfKeeping) || Distinct.Contains(run, bucket, item)) return false;
        bucket.Add(item);
        return true;
    }

    public bool Contains(Element item, Run run) =>
        _byHash.TryGetValue(Hash(item), out var bucket) && run.Goes(bucket.Count) && Distinct.Contains(run, bucket, item);

    // Whatever is equal must hash alike: 1 and 1.0 and a quantity of 1, an hour in two zones. So only text and trees tell apart.
    private static int Hash(Element item) => Kinds.Of(item) switch
    {
        Kind.String when item.Text is not null => string.GetHashCode(item.Text, StringComparison.Ordinal),
        Kind.Complex => Tree(item, 3),
        Kind.Integer or Kind.Long or Kind.Decimal or Kind.Quantity => Amount.Of(item) is { } amount && amount.Unit == "1" ? amount.Value.GetHashCode() : 1,
        Kind.Date or Kind.DateTime => 2,
        Kind.Time => 3,
        Kind.Boolean or Kind.String => item.Text is null ? Tree(item, 3) : item.Text.Length,
    };

    private static int Tree(Element item, int depth)
    {
        var hash = new HashCode();
        hash.Add(item.Children.Count);
        for (var i = 0; depth > 0 && i < item.Children.Count; i++)
        {
            var child = item.Children[i];
            hash.Add(child.Name, StringComparer.Ordinal);
            hash.Add(Kinds.Of(child) is Kind.Complex ? Tree(child, depth - 1) : Kinds.Of(child) is Kind.String && child.Text is not null ? Hash(child) : 0);
        }
        return hash.ToHashCode();
    }
}
