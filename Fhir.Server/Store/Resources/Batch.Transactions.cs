using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;

namespace Fhir.Server.Store.Resources;

// transaction — https://hl7.org/fhir/R4/http.html#trules: which resources conditions and conditional references mean is found out under the commit lock.
internal sealed partial class Batch
{
    private async Task<Result<IReadOnlyList<Written>>> TakeTogetherAsync(Pending item, AccessContext by)
    {
        _together = true;
        var found = new Dictionary<string, string>(StringComparer.Ordinal);   // what a reference says → what it means
        if ((await SettleAsync(item, by, found)).Failed(out var issue, out var writes)) return issue;
        if (Twice(writes) is { } twice) return twice;
        var answers = new Written[writes.Count];
        var together = writes.Where(w => w.Write.Resource is not null).Select(w => w.Write.Key).ToHashSet();
        var waiting = writes.Index().OrderBy(w => TurnOf(w.Item.Write)).ThenBy(w => After(w.Item.Write, w.Index, writes)).ToList();
        while (waiting.Count > 0)
        {
            var later = new List<(int Index, Prepared Item)>();
            foreach (var (at, prepared) in waiting)
            {
                var write = prepared.Write;
                Forget(found, write);
                if ((await FindReferencesAsync(write, found, by, item.Stop)).Failed(out issue, out var all)) return In(write, issue);
                if (!all) later.Add((at, prepared));
                else if ((await TakeAsync(Redirect(prepared, found), together, by, item.Stop)).Failed(out issue, out answers[at]!)) return In(write, issue);
                else if (answers[at].Version is { } version && version.Key != write.Key) found[write.Key.ToString()] = version.Key.ToString();
                if (answers[at] is not null) prepared.LetGo();
                if (_bulk.IsFull) await FlushAsync(CancellationToken.None);   // memory is bounded, however much is in it
            }
            if (later.Count == waiting.Count) return In(later[0].Item.Write, Means(later[0].Item.Write, found, "no"));
            waiting = later;
        }
        if (_parts.Settings.ReferentialIntegrity && await LeavesHolesAsync(writes.Select((w, i) => (w.Write, answers[i])), by, item.Stop) is { } hole) return hole;
        return answers;
    }

    // What a condition found before may be deleted by the same transaction: then it finds nothing, and a new one is made.
    private void Forget(Dictionary<string, string> found, Write write)
    {
        if (write.Kind != WriteKind.Create || write.Criteria is null || !found.TryGetValue(write.Key.ToString(), out var there) || !_touched.Any(key => key.ToString() == there)) return;
        found.Remove(write.Key.ToString());
        if (_planned.Add(write.Key)) _newRids[write.Key] = _nextRid++;
    }

    // First those whose outcome others refer to, last those that must be told what they refer to.
    private static int TurnOf(Write write) => write switch
    {
        { Kind: WriteKind.Delete } => 0,
        { Criteria: not null } => 1,
        { Lookups.Count: 0 } => 2,
        _ => 3,
    };

    // A file comes behind its security context: it is about the same patient.
    private double After(Write write, int at, IReadOnlyList<Prepared> writes) =>
        write.Key.Type != "Binary" || write.Resource is not { } binary || _parts.Indexer.ContextOf(binary) is not { } context ? at
        : Math.Max(at, writes.Index().FirstOrDefault(w => w.Item.Write.Key == context).Index + 0.5);

    /// <summary>Adds what the conditional references of a write mean; false when one means nothing yet.</summary>
    private async Task<Result<bool>> FindReferencesAsync(Write write, Dictionary<string, string> found, AccessContext by, CancellationToken stop)
    {
        foreach (var (text, criteria) in write.Lookups.Where(l => !found.ContainsKey(l.Key)))
        {
            await FlushAsync(stop);
            if ((await _parts.Search.MatchAsync(_session, criteria, by, 2, stop)).Failed(out var issue, out var rids)) return issue;
            if (rids.Count == 0) return false;
            if (rids.Count > 1) return Means(write, found, "more than one");
            found[text] = (await VersionAsync(rids[0], stop))!.Key.ToString();
        }
        return true;
    }

    private static Issue Means(Write write, Dictionary<string, string> found, string howMany) =>
        new(IssueKind.Stale, $"The conditional reference means {howMany} resource.", Place(write.Resource!, t => write.Lookups.ContainsKey(t) && !found.ContainsKey(t)));

    private static string? Place(Element element, Func<string, bool> isMeant)
    {
        if (element is { Name: "reference", Parent.Type: "Reference", Text: { } text } && isMeant(text)) return element.Location[(element.Location.IndexOf('.', StringComparison.Ordinal) + 1)..];
        return element.Children.Select(child => Place(child, isMeant)).FirstOrDefault(place => place is not null);
    }
}
