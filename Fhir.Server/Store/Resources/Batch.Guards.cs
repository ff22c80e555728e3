using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Search;

namespace Fhir.Server.Store.Resources;

// What a write may not do to what is there, by whatever road it comes: judged under the commit lock, before anything is written.
internal sealed partial class Batch
{
    private const int MostPairs = 500;   // parameters of one statement

    private async ValueTask<Issue?> GuardAsync(Prepared prepared, Row? before, IReadOnlySet<ResourceKey> together, AccessContext by, CancellationToken stop)
    {
        if (prepared is not { Write.Resource: { } resource, Index: { } index }) return null;
        if (by.SeesAll) return _parts.Settings.ReferentialIntegrity ? await RefersAsync(resource, before, together, by, stop) : null;
        if (before is { Live: < 0 }) before = null;
        return Lowers(resource, before, by)
            ?? await RefersAsync(resource, before, together, by, stop)   // first: whose an unseen context is must not tell
            ?? await MovesAsync(prepared.Write.Key, index, before, stop);
    }

    private static Issue? Lowers(Element resource, Row? before, AccessContext by) =>
        before is null || Labels.Of(resource) >= before.Label || (by.Role.Clearance >= 2 && before.Home != 0 && before.Home == by.OrganizationRid)
            ? null : new Issue(IssueKind.Forbidden, "Only who may see everything that its own organisation keeps makes a security label less strict.", $"{resource.Type}.meta.security");

    // Whose it is follows from its content: a rule may have given the row another patient (a message has that of its thread).
    private async ValueTask<Issue?> MovesAsync(ResourceKey key, IndexEntries index, Row? before, CancellationToken stop)
    {
        if (before is null || key.Type == "Patient" || AccessTable.ReadBy(key.Type) != Keeper.Patient) return null;
        var patients = index.Patients;
        if (before.Patient > 0 && patients.Count == 1 && await RidOrNoneAsync(patients.First(), stop) == before.Patient) return null;
        if (await LastContentAsync(before, stop) is not { } content) return null;
        var was = _parts.Indexer.Extract(content);
        if (key.Type == "Binary") await TakeContextAsync(content, was, stop);
        if (was.NamesPatientsBeside && key.Type is not ("Binary" or "Bundle")) return null;   // whom a list or a note mentions may change
        return was.Patients.Count == 0 || was.Patients.SetEquals(patients)
            ? null : new Issue(IssueKind.Conflict, "A resource stays with the patients that it is about: for another patient a new one is made.", key.Type);
    }

    private ValueTask TakeContextAsync(Prepared prepared, CancellationToken stop) =>
        prepared is { Write: { Key.Type: "Binary", Resource: { } binary }, Index: { } index } ? TakeContextAsync(binary, index, stop) : ValueTask.CompletedTask;

    private async ValueTask TakeContextAsync(Element binary, IndexEntries index, CancellationToken stop)
    {
        if (_parts.Indexer.ContextOf(binary) is not { } context) return;
        if (_touched.Contains(context)) await FlushAsync(stop);
        index.Patients.UnionWith(await _session.QueryAsync(Contexts.Patients(context), r => new ResourceKey("Patient", r.GetString(0)), stop));
        index.NamesPatientsBeside = index.Patients.Count > 0;
        index.References.Add((Contexts.Parameter, context));
    }

    // What is about another patient now, or about one at last, takes its files along, in all their versions.
    private async ValueTask TakeFilesAsync(Row row, Row? before, CancellationToken stop)
    {
        if (before is null || row.Key.Type == "Binary" || row.Live == 0 || row.Patient is 0 || (row.Patient == before.Patient && row.Patient != -1)) return;
        await FlushAsync(stop);
        foreach (var statement in Contexts.Follow(row.Rid, row.Patient)) await _session.ExecuteAsync(statement, stop);
    }

    /// <summary>For people a reference to what is missing and to what is hidden is refused alike, unless the version before has it already.</summary>
    private async ValueTask<Issue?> RefersAsync(Element resource, Row? before, IReadOnlySet<ResourceKey> together, AccessContext by, CancellationToken stop)
    {
        if (by.Role.Kind is not (RoleKind.Person or RoleKind.Patient) && !_parts.Settings.ReferentialIntegrity) return null;
        var asked = LocalReferences.In(resource, _parts.Indexer.Bases).Where(r => !together.Contains(r.Key)).ToList();
        if (asked.Count == 0) return null;
        var seen = await SeenAsync([.. asked.Select(r => r.Key).Distinct()], by, stop);
        asked.RemoveAll(r => seen.Contains(r.Key));
        if (asked.Count == 0) return null;
        var held = before is not null && await LastContentAsync(before, stop) is { } content ? LocalReferences.In(content, _parts.Indexer.Bases).Select(r => r.Key).ToHashSet() : [];
        var strange = asked.FindIndex(r => !held.Contains(r.Key));
        return strange < 0 ? null : Unknown(asked[strange].At);
    }

    /// <summary>An AuditEvent stands in the log of the patients whom it names: who posts one names only what she sees, be she a system, and herself.</summary>
    private async ValueTask<Issue?> NamesAsync(Element posted, IReadOnlySet<ResourceKey> together, AccessContext by, CancellationToken stop)
    {
        if (by.SeesAll) return null;
        var named = LocalReferences.In(posted, _parts.Indexer.Bases)
            .Where(r => AccessTable.ReadBy(r.Key.Type) is not (Keeper.Directory or Keeper.Definition) && !together.Contains(r.Key) && r.Key.ToString() != by.Who).ToList();
        if (named.Count == 0) return null;
        var seen = await SeenAsync([.. named.Select(r => r.Key).Distinct()], by, stop);
        var strange = named.FindIndex(r => !seen.Contains(r.Key));
        return strange < 0 ? null : Unknown(named[strange].At);
    }

    private static Issue Unknown(Element at) => new(IssueKind.Invalid, "It refers to what is not known here.", at.Location) { Code = "not-found" };

    private async ValueTask<HashSet<ResourceKey>> SeenAsync(IReadOnlyList<ResourceKey> keys, AccessContext by, CancellationToken stop)
    {
        if (keys.Any(_touched.Contains)) await FlushAsync(stop);
        var seen = new HashSet<ResourceKey>();
        foreach (var some in keys.Chunk(MostPairs))
        {
            var each = some.GroupBy(k => k.Type, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => Sql.Of(
                $"(r.typ = {AccessTable.Number(g.Key)} and r.fid in ({Sql.Join(", ", g.Select(k => Sql.Of($"{k.Id}")))}) and {by.Sees("r", g.Key, Permission.None)})"));
            seen.UnionWith(await _session.QueryAsync(Sql.Of($"select r.typ, r.fid from res r where r.live = 1 and {Sql.Any(each)}"), r => new ResourceKey(AccessTable.Name(r.GetInt32(0)), r.GetString(1)), stop));
        }
        return seen;
    }

    private async ValueTask<long> RidOrNoneAsync(ResourceKey key, CancellationToken stop)
    {
        if (_newRids.TryGetValue(key, out var rid) || _parts.Rids.TryGet(key, out rid)) return rid;
        return await _session.FirstAsync(Sql.Of($"select rid from res where typ = {AccessTable.Number(key.Type)} and fid = {key.Id}"), r => r.GetInt64(0), stop);
    }

    // What it said last; of a deleted one, what it said before.
    private async ValueTask<Element?> LastContentAsync(Row before, CancellationToken stop)
    {
        if (before.Body is not null) return await ContentAsync(before, stop);
        var body = await _session.FirstAsync(Sql.Of($"select b from res_hist where rid = {before.Rid} and b is not null order by ver desc limit 1"), r => (long?)r.GetInt64(0), stop);
        return body is null ? null : await ContentAsync(before with { Body = body }, stop);
    }
}
