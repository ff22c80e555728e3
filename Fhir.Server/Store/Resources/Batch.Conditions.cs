using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Search;

namespace Fhir.Server.Store.Resources;

// Conditional create, update and delete — https://hl7.org/fhir/R4/http.html#ccreate and #cond-update: judged under the commit lock, in the caller's view.
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
            _ => ResourceSearch.MoreThanOne,
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
    /// What a conditional write comes to, and null when there is nothing to delete. What meets the criteria is left alone by a create
    /// and otherwise written under its own id; when nothing does, a body without an id is a create and one with an id an update that must be new.
    /// </summary>
    private async Task<Result<Prepared?>> SettleAsync(Prepared prepared, AccessContext by, CancellationToken stop)
    {
        var write = prepared.Write;
        if ((await MatchAsync(write, by, stop)).Failed(out var issue, out var match)) return issue;
        if (write.Kind == WriteKind.Create) return prepared with { There = match?.Key };
        var named = write.Resource?["id"].Text;
        if (match is null) return write.Kind == WriteKind.Delete ? (Result<Prepared?>)(Prepared?)null
            : prepared with { Write = write with { Criteria = null, Kind = named is null ? WriteKind.Create : WriteKind.Update, OnlyIfNew = named is not null || write.OnlyIfNew } };
        if (named is not null && named != match.Key.Id) return new Issue(IssueKind.Invalid, "The id in the body is not that of the resource which meets the criteria.", $"{write.Key.Type}.id");
        var settled = write with { Criteria = null, Key = match.Key };
        return new Prepared(settled, settled.Resource is null ? null : _parts.Indexer.Extract(settled.Resource, settled.Key)) { There = match.Key };
    }

    /// <summary>
    /// In a transaction every condition is judged before anything is written. The others may refer to what it finds: their references,
    /// which the API made point to the id it would have had, are turned to the one that is there.
    /// </summary>
    private async Task<Result<IReadOnlyList<Prepared>>> SettleAsync(Pending item, AccessContext by, Dictionary<string, string> found)
    {
        var settled = item.Writes.ToArray();
        for (var i = 0; i < settled.Length; i++)
        {
            var write = settled[i].Write;
            if (write.Criteria is null) continue;
            if (Refused(write, by) is { } refused) return In(write, refused);
            if ((await SettleAsync(settled[i], by, item.Stop)).Failed(out var issue, out var now)) return In(write, issue);
            // What finds nothing is judged again when its turn comes: an entry before it may have made what it means.
            settled[i] = now is null || (now.There is null && write.Kind == WriteKind.Update) ? settled[i] : now;
            if (settled[i].There is { } there && there != write.Key) found[write.Key.ToString()] = there.ToString();
        }
        foreach (var key in settled.Select(p => p.Write).Where(w => (w.Kind == WriteKind.Create || w is { Kind: WriteKind.Update, Criteria: not null } && !w.Resource!["id"].Exists) && !found.ContainsKey(w.Key.ToString())).Select(w => w.Key))
            if (_planned.Add(key)) _newRids[key] = _nextRid++;
        return settled;
    }

    private Prepared Redirect(Prepared prepared, Dictionary<string, string> found)
    {
        var write = prepared.Write;
        if (found.Count == 0 || write.Resource is not { } resource) return prepared;
        var splice = new JsonSplice(write.Json, resource);
        if (!Redirect(resource, found, splice)) return prepared;
        var text = splice.ToBytes();
        if (JsonReader.Read(text, _parts.Definitions).Failed(out _, out var again)) throw new InvalidDataException("A rewritten reference broke the text.");
        write.Rewrite(text, again);
        return prepared with { Index = _parts.Indexer.Extract(again, write.Key) };
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
