using Fhir.Server.Core.Terminology.Systems;
using Fhir.Server.Core.Terminology.ValueSets;

namespace Fhir.Server.Core.Terminology.Expanding;

/// <summary>Lays each code below the nearest one above it that is in the expansion too. What a value set lists itself keeps the order it was written in.</summary>
internal static class Hierarchy
{
    // Readers refuse JSON that is too deep: what stands deeper starts anew at the top.
    private const int Deepest = 24;
    // How far up a parent is looked for: all between may be left out of the value set.
    private const int Farthest = 200;

    public static List<Entry> Of(List<Entry> entries)
    {
        var byConcept = new Dictionary<(Include, Concept), Entry>();
        foreach (var entry in entries) if (entry is { Concept: { } concept, Listed: null }) byConcept.TryAdd((entry.Include, concept), entry);
        var above = entries.ToDictionary(e => e, e => Above(e, byConcept), (IEqualityComparer<Entry>)ReferenceEqualityComparer.Instance);
        var depths = new Dictionary<Entry, int>(ReferenceEqualityComparer.Instance);
        var top = new List<Entry>();
        foreach (var entry in entries)
        {
            // A hierarchy that goes round, or is too deep, is cut there.
            var parent = Depth(entry, above, depths) is > 0 and <= Deepest ? above[entry] : null;
            (parent?.Below ?? top).Add(entry);
        }
        return top;
    }

    private static Entry? Above(Entry entry, Dictionary<(Include, Concept), Entry> byConcept) =>
        entry.Listed is not null ? null : entry.Concept?.Ancestors().Take(Farthest).Select(a => byConcept.GetValueOrDefault((entry.Include, a))).FirstOrDefault(a => a is not null);

    private static int Depth(Entry entry, Dictionary<Entry, Entry?> above, Dictionary<Entry, int> known)
    {
        var way = new List<Entry>();
        Entry? at = entry;
        for (; at is not null && !known.ContainsKey(at); at = above[at])
        {
            known[at] = -1;
            way.Add(at);
        }
        // -1: on the way that is being walked, so it goes round.
        var depth = at is null ? -1 : Math.Max(-1, known[at]);
        for (var i = way.Count - 1; i >= 0; i--) known[way[i]] = depth = depth >= Deepest ? 0 : depth + 1;
        return known[entry];
    }
}
