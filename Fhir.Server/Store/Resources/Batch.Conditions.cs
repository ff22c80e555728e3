using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Resources;

// Conditional create — https://hl7.org/fhir/R4/http.html#ccreate: judged under the commit lock, in the caller's view.
internal sealed partial class Batch
{
    private async Task<Result<ResourceVersion?>> MatchAsync(Write write, AccessContext by, CancellationToken stop)
    {
        await FlushAsync(stop);
        if ((await _parts.Search.MatchAsync(_session, write.Criteria!, by, 2, stop)).Failed(out var issue, out var rids)) return issue;
        return rids.Count switch
        {
            0 => (Result<ResourceVersion?>)(ResourceVersion?)null,
            1 => await VersionAsync(rids[0], stop),
            _ => new Issue(IssueKind.Stale, "More than one resource meets the criteria.", "If-None-Exist"),
        };
    }

    private async Task<ResourceVersion?> RepeatedAsync(long rid, CancellationToken stop)
    {
        await FlushAsync(stop);
        return await VersionAsync(rid, stop);
    }

    private async Task<ResourceVersion?> VersionAsync(long rid, CancellationToken stop)
    {
        var row = await _session.FirstAsync(Sql.Of($"{Sql.Raw(Row.Select)} where rid = {rid}"), Row.Map, stop);
        var text = await _session.FirstAsync(Sql.Of($"select bytes from body where b = {row!.Body}"), r => (byte[])r.GetValue(0), stop);
        return VersionOf(row, text);
    }

    /// <summary>
    /// In a transaction the others may refer to what a conditional create finds: their references, which the API made point to
    /// the id it would have had, are turned to the one that is there.
    /// </summary>
    private async Task<Result<IReadOnlyList<Prepared>>> FindExistingAsync(Pending item, AccessContext by)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var write in item.Writes.Select(p => p.Write).Where(w => w is { Criteria: not null, Kind: WriteKind.Create }))
        {
            if (Refused(write, by) is { } refused) return In(write, refused);
            if ((await MatchAsync(write, by, item.Stop)).Failed(out var issue, out var match)) return In(write, issue);
            if (match is not null) found[write.Key.ToString()] = match.Key.ToString();
        }
        foreach (var key in item.Writes.Select(p => p.Write).Where(w => w.Kind == WriteKind.Create && !found.ContainsKey(w.Key.ToString())).Select(w => w.Key))
            if (_planned.Add(key)) _newRids[key] = _nextRid++;
        return found.Count == 0 ? item.Writes.ToArray() : item.Writes.Select(prepared => Redirect(prepared, found)).ToArray();
    }

    private Prepared Redirect(Prepared prepared, Dictionary<string, string> found)
    {
        var write = prepared.Write;
        if (write.Resource is not { } resource) return prepared;
        var splice = new JsonSplice(write.Json, resource);
        if (!Redirect(resource, found, splice)) return prepared;
        write.Json = splice.ToBytes();
        if (JsonReader.Read(write.Json, _parts.Definitions).Failed(out _, out var again)) throw new InvalidDataException("A rewritten reference broke the text.");
        write.Resource = again;
        return new(write, _parts.Indexer.Extract(again));
    }

    private static bool Redirect(Element element, Dictionary<string, string> found, JsonSplice splice)
    {
        var any = false;
        if (element is { Name: "reference", Text: { } reference, Parent.Type: "Reference" } && found.TryGetValue(reference, out var there))
        {
            splice.Text(element, there);
            any = true;
        }
        foreach (var child in element.Children) any |= Redirect(child, found, splice);
        return any;
    }
}
