using System.Runtime.CompilerServices;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Json;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Search;

namespace Fhir.Server.Store.Resources;

/// <summary>
/// Makes the index rows anew of all that was stored before, while others write: in chunks under the commit lock, each with its progress, so that
/// after a kill the next start goes on. What is written meanwhile is indexed by its own commit; several nodes may do it at once.
/// </summary>
public sealed class Reindex(TenantDatabase database, Indexer indexer)
{
    private const int AtOnce = 50;   // a chunk holds the lock for some milliseconds

    private sealed record Stored(long Rid, ResourceKey Key, int Version, byte[]? IndexKeys, byte[] Text);
    private sealed record Made(Stored Stored, IndexEntries Entries);

    /// <summary>All that this version searches by and an older one did not keep.</summary>
    public async Task FillAsync(TimeSpan pause, CancellationToken stop)
    {
        await FillAsync(IndexProgress.Newest, pause, stop);
        await ForgetWordsAsync(stop);
        foreach (var type in indexer.Numbers.Definitions.WordsOf) await FillAsync(ParameterNumbers.ProgressOfWords(type), pause, stop, type);
    }

    // What was written while the words of a type were not indexed has none.
    private async Task ForgetWordsAsync(CancellationToken stop)
    {
        var named = await database.QueryAsync(Sql.Of($"select name from reindex where name like {ParameterNumbers.ProgressOfWords("%")}"), r => r.GetString(0), stop);
        var gone = named.Except(indexer.Numbers.Definitions.WordsOf.Select(ParameterNumbers.ProgressOfWords), StringComparer.Ordinal).ToList();
        if (gone.Count == 0) return;
        await using var session = await database.WriteAsync(stop);
        foreach (var name in gone) await session.ExecuteAsync(Sql.Of($"delete from reindex where name = {name}"), stop);
        await session.CommitAsync(stop);
    }

    /// <summary>Does what is left to do. <paramref name="pause"/>: between two chunks, so that writers do not wait for all of it.</summary>
    public async Task FillAsync(string name, TimeSpan pause, CancellationToken stop, string? only = null)
    {
        await BeginAsync(name, stop);
        while (await StepAsync(name, stop, only)) await Task.Delay(pause, stop);
    }

    /// <summary>One chunk; false when nothing is left. Only: the resources of one type.</summary>
    public async Task<bool> StepAsync(string name, CancellationToken stop, string? only = null)
    {
        var type = only is null ? Sql.True : Sql.Of($"r.typ = {AccessTable.Number(only)}");
        var (last, top) = await ProgressAsync(database, name, stop);
        if (last >= top) return false;
        var stored = await database.QueryAsync(Sql.Of(
            $"""
            select r.rid, r.typ, r.fid, r.ver, k.ixk, b.bytes from res r join body b on b.b = r.b left join res_keys k on k.rid = r.rid
            where r.live = 1 and r.rid > {last} and r.rid <= {top} and {type} order by r.rid limit {AtOnce}
            """), Map, stop);
        var epoch = indexer.Numbers.Catalog.Epoch;
        var made = stored.Select(Make).OfType<Made>().ToList();   // before the lock is taken: reading and extracting is the most of it
        await using var session = await database.WriteAsync(stop);
        if ((await ProgressAsync(session, name, stop)).Last != last) return true;   // another node was faster
        await indexer.Numbers.RefreshAsync(session, stop);
        if (indexer.Numbers.Catalog.Epoch != epoch || made.Exists(m => m.Entries.Epoch != epoch)) return true;   // the rows are made anew, by the parameters there are now
        await StoreAsync(await UnchangedAsync(made, session, stop), session, stop);
        var done = stored.Count < AtOnce ? top : stored[^1].Rid;
        await session.ExecuteAsync(Sql.Of($"update reindex set last = {done} where name = {name}"), stop);
        await session.CommitAsync(stop);
        return done < top;
    }

    /// <summary>Indexes by the deployer's own parameters what was stored before them, one parameter after the other; until one is whole, a search by it is refused with its progress.</summary>
    public async Task FillOwnAsync(TimeSpan pause, CancellationToken stop)
    {
        foreach (var parameter in await UnfinishedAsync(stop))
        {
            var name = ParameterNumbers.Progress(parameter.Custom!.Value);
            await BeginOwnAsync(name, stop);
            while (await StepAsync(name, stop, parameter.Base)) await Task.Delay(pause, stop);
        }
        await UnfinishedAsync(stop);   // notes those that are whole now
    }

    private async Task<List<SearchParameterDefinition>> UnfinishedAsync(CancellationToken stop)
    {
        await using var session = await database.ReadAsync(snapshot: false, stop);
        await indexer.Numbers.RefreshAsync(session, stop);
        return await indexer.Numbers.UnfinishedAsync(session, stop);
    }

    // From here on every commit knows the parameter: what it must be made for is what is there now.
    private async Task BeginOwnAsync(string name, CancellationToken stop)
    {
        await using var session = await database.WriteAsync(stop);
        await session.ExecuteAsync(Sql.Of($"update reindex set top = (select coalesce(max(rid), 0) from res) where name = {name} and top < 0"), stop);
        await session.CommitAsync(stop);
    }

    /// <summary>Notes what there is to do, once.</summary>
    public async Task BeginAsync(string name, CancellationToken stop)
    {
        await using var session = await database.WriteAsync(stop);
        await session.ExecuteAsync(Sql.Of($"insert into reindex(name, last, top) select {name}, 0, coalesce(max(rid), 0) from res where true on conflict do nothing"), stop);
        await session.CommitAsync(stop);
    }

    private static async ValueTask<(long Last, long Top)> ProgressAsync(TenantDatabase database, string name, CancellationToken stop)
    {
        await using var session = await database.ReadAsync(snapshot: false, stop);
        return await ProgressAsync(session, name, stop);
    }

    private static ValueTask<(long Last, long Top)> ProgressAsync(Session session, string name, CancellationToken stop) =>
        session.FirstAsync(Sql.Of($"select last, top from reindex where name = {name}"), r => (r.GetInt64(0), r.GetInt64(1)), stop);

    private static Stored Map(System.Data.Common.DbDataReader r) =>
        new(r.GetInt64(0), new(AccessTable.Name(r.GetInt32(1)), r.GetString(2)), r.GetInt32(3), r.IsDBNull(4) ? null : (byte[])r.GetValue(4), (byte[])r.GetValue(5));

    // A text that cannot be read keeps the rows it has.
    private Made? Make(Stored stored) =>
        JsonReader.Read(stored.Text, DefinitionSet.R4).Failed(out _, out var resource) ? null : new(stored, indexer.Extract(resource, stored.Key));

    // What was written since it was read has its rows from its own commit.
    private static async ValueTask<List<Made>> UnchangedAsync(List<Made> made, WriteSession session, CancellationToken stop)
    {
        var versions = (await session.QueryAsync(Sql.Of($"select rid, ver from res where {Sql.In("rid", [.. made.Select(m => m.Stored.Rid)])}"), r => (Rid: r.GetInt64(0), Version: r.GetInt32(1)), stop))
            .ToDictionary(row => row.Rid, row => row.Version);
        return [.. made.Where(m => versions[m.Stored.Rid] == m.Stored.Version)];
    }

    private async Task StoreAsync(List<Made> made, WriteSession session, CancellationToken stop)
    {
        var (bulk, rids, words) = (new BulkRows(), await RidsAsync(made, session, stop), new HashSet<long>());
        StrongBox<long>? inside = null;
        foreach (var (stored, entries) in made)
        {
            var rows = IndexRows.Of(entries, target => rids[target]);
            var before = IndexRows.Unpack(stored.IndexKeys);
            foreach (var gone in rows.Replace(before, stored.Rid, bulk)) await session.ExecuteAsync(gone, stop);
            if (rows.HasParts(before)) await rows.ReplacePartsAsync(before, stored.Rid, bulk, session, async () => --(inside ??= await Batch.LastInsideAsync(session, stop)).Value, stop);
            await session.ExecuteAsync(Sql.Of($"update res set has = {entries.Has} where rid = {stored.Rid}"), stop);
            await session.ExecuteAsync(Row.Keys(stored.Rid, rows.Pack()), stop);
            indexer.Words.Add(entries.Words, indexer.Numbers.Hash, words, bulk.Add);
        }
        await bulk.WriteAsync(session, stop);
    }

    // What is referred to has a rid; a parameter that is new may refer to what nothing referred to before.
    private static async ValueTask<Dictionary<ResourceKey, long>> RidsAsync(List<Made> made, WriteSession session, CancellationToken stop)
    {
        var keys = made.SelectMany(m => m.Entries.Targets).Distinct().ToList();
        var pairs = keys.Select(k => ((long)AccessTable.Number(k.Type), k.Id)).ToList();
        var rids = (await session.QueryPairsAsync("select typ, fid, rid from res", pairs, r => (Key: new ResourceKey(AccessTable.Name(r.GetInt32(0)), r.GetString(1)), Rid: r.GetInt64(2)), stop))
            .ToDictionary(row => row.Key, row => row.Rid);
        var next = await session.FirstAsync(Sql.Of($"select max(rid) from res"), r => r.IsDBNull(0) ? 0 : r.GetInt64(0), stop);
        var bulk = new BulkRows();
        foreach (var key in keys.Where(k => !rids.ContainsKey(k)))
        {
            rids[key] = ++next;
            bulk.Add(Row.Table, new Row { Rid = next, Key = key }.Columns());
        }
        await bulk.WriteAsync(session, stop);
        return rids;
    }
}
