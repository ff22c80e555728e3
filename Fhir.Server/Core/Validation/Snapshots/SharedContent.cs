namespace Fhir.Server.Core.Validation.Snapshots;

/// <summary>
/// What a profile says below an element that it slices holds for each of the slices it names too —
/// https://hl7.org/fhir/R4/profiling.html#slicing. Here it is written out for each slice.
/// </summary>
internal static class SharedContent
{
    public static List<Change> WriteOut(List<Change> changes)
    {
        for (var i = changes.Count - 1; i >= 0; i--)
            if (changes[i].SlicesMoreThanExtensions) WriteOut(changes, i);
        return changes;
    }

    private static void WriteOut(List<Change> changes, int slicer)
    {
        var shared = changes.Skip(slicer + 1).TakeWhile(c => c.IsBelow(changes[slicer])).ToList();
        if (shared.Count == 0 || shared.Exists(c => c.SlicesMoreThanExtensions)) return;
        for (var i = slicer + 1 + shared.Count; i < changes.Count && (IsSlice(changes[i], changes[slicer]) || changes[i].IsBelow(changes[slicer])); i++)
            if (IsSlice(changes[i], changes[slicer])) AddTo(changes, i, shared);
    }

    private static bool IsSlice(Change change, Change slicer) => change.Path == slicer.Path && change.SliceName is not null;

    private static void AddTo(List<Change> changes, int slice, List<Change> shared)
    {
        var end = slice + 1;
        while (end < changes.Count && changes[end].IsBelow(changes[slice])) end++;
        foreach (var statement in shared)
        {
            var own = changes.FindIndex(slice + 1, end - slice - 1, c => c.Path == statement.Path && c.SliceName == statement.SliceName);
            if (own < 0) changes.Insert(end++, statement.ForSlice());
            else AddMissing(changes[own].Facts, statement.Facts);
        }
    }

    private static void AddMissing(Facts own, Facts shared)
    {
        foreach (var group in shared.All.GroupBy(f => f.Name).Where(g => !own.Has(g.Key)).ToList())
            own.Set(group.Key, group);
    }
}
