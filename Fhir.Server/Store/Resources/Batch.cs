using System.Runtime.CompilerServices;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Audit;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Rules;
using Fhir.Server.Store.Search;

namespace Fhir.Server.Store.Resources;

/// <summary>What every batch works with.</summary>
internal sealed record BatchParts(DefinitionSet Definitions, Indexer Indexer, ResourceSearch Search, IReadOnlyList<ICommitRule> Rules, Rids Rids, AuditAgents Agents, TimeProvider Clock, WriteSettings Settings, Action<long, long> Committed);

/// <summary>
/// One database transaction under the commit lock: gives out t, checks each item before it writes anything for it, holds the
/// rows back and writes them in bulk at the end (or when a rule or a criterion needs to see them).
/// </summary>
internal sealed partial class Batch : CommitScope
{
    private static readonly Table Bodies = new("body", new("b", ColumnKind.Long), new("bytes", ColumnKind.Bytes));

    private readonly WriteSession _session;
    private readonly BatchParts _parts;
    private readonly long _started;
    private readonly Guid _id = Guid.CreateVersion7();
    private readonly BulkRows _bulk = new();
    private readonly Dictionary<ResourceKey, long> _newRids = [];
    private readonly HashSet<ResourceKey> _planned = [];   // creates of a transaction: their rids are given out first, so that they may refer to each other
    private readonly HashSet<long> _words = [];   // of names, new with this batch
    private readonly HashSet<ResourceKey> _touched = [], _absent = [];
    private readonly Dictionary<ResourceKey, Row?> _found = [];
    private readonly List<Action> _announce = [];
    private readonly ChainEnd _audit;
    private StrongBox<long>? _inside;
    private long _nextRid, _nextBody;
    private bool _written;

    private Batch(WriteSession session, BatchParts parts, (long T, long At, long Rid, long Body, ChainEnd Audit) last)
    {
        (_session, _parts, _started) = (session, parts, parts.Clock.GetTimestamp());
        T = last.T + 1;
        AtMicros = Math.Max(Micros.Of(parts.Clock.GetUtcNow()), last.At + 1);   // never backwards, and never the same twice
        (_nextRid, _nextBody, _audit) = (last.Rid + 1, last.Body + 1, last.Audit);
        parts.Agents.Forget();   // of a batch that left nothing
    }

    public override Session Session => _session;
    public override long T { get; }
    public override long AtMicros { get; }
    public long HeldMicros => (long)_parts.Clock.GetElapsedTime(_started).TotalMicroseconds;

    private static readonly Sql Last = Sql.Raw(
        """
        select coalesce(max(t), 0), coalesce((select at from commits order by t desc limit 1), 0), coalesce((select max(rid) from res), 0), coalesce((select max(b) from body), 0),
        coalesce((select max(n) from audit_write), 0), (select hash from audit_write order by n desc limit 1), coalesce((select max(t) from res where typ = #), 0) from commits
        """.Replace("#", AccessTable.Number("SearchParameter").ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal));

    private static ChainEnd AuditEnd(System.Data.Common.DbDataReader r) => new(AuditTables.Writes.Name, ChainId.OfWrites, r.GetInt64(4), r.IsDBNull(5) ? null : (byte[])r.GetValue(5));

    public static async Task<Batch> BeginAsync(WriteSession session, BatchParts parts)
    {
        var (last, parameters) = await session.FirstAsync(Last, r => ((r.GetInt64(0), r.GetInt64(1), r.GetInt64(2), r.GetInt64(3), AuditEnd(r)), r.GetInt64(6)), CancellationToken.None);
        if (parameters != parts.Indexer.Numbers.Catalog.Epoch) await parts.Indexer.Numbers.RefreshAsync(session, CancellationToken.None);
        return new(session, parts, last);
    }

    /// <summary>Does it write what this batch wrote already? Then it must wait for the next one.</summary>
    public bool Touches(Pending item) => _touched.Count > 0 && item.Writes.Any(w => _touched.Contains(w.Write.Key));

    public override void AfterCommit(Action announce) => _announce.Add(announce);

    public override async ValueTask FlushAsync(CancellationToken stop) => await _bulk.WriteAsync(_session, stop);

    /// <summary>Done when it comes back; when it throws, surely not done, unless it says that nobody knows.</summary>
    public async Task CommitAsync()
    {
        if (!_written) return;
        var id = _id.ToByteArray();
        _bulk.Before(Sql.Of($"insert into commits(t, batch, at) values({T}, {id}, {AtMicros})"));
        await FlushAsync(CancellationToken.None);
        await _parts.Agents.StoreAsync(_session, CancellationToken.None);
        await _session.CommitBatchAsync(id);
        _parts.Rids.Keep(_newRids);
        _parts.Indexer.Words.Keep(_words);
        _parts.Agents.Committed();
        foreach (var announce in _announce) Wake(announce);
        Wake(() => _parts.Committed(T, AtMicros));
    }

    // What is committed stays committed: a waker that fails must not make the queue run the batch again. Who was not woken is by the next poll.
    private static void Wake(Action announce)
    {
        try
        {
            announce();
        }
        catch (Exception)
        {
            return;
        }
    }

    public override async ValueTask<long> RidAsync(ResourceKey key, CancellationToken stop)
    {
        await ReserveAsync([key], stop);
        return RidOf(key);
    }

    public override async ValueTask<Element?> ReadAsync(ResourceKey key, CancellationToken stop)
    {
        var row = await FindAsync(key, stop);
        return row is { Live: 1 } ? await ContentAsync(row, stop) : null;
    }

    public override async ValueTask<(ResourceKey Key, Element Resource)?> ReadAsync(long rid, CancellationToken stop)
    {
        await FlushAsync(stop);
        var row = await _session.FirstAsync(Sql.Of($"{Sql.Raw(Row.Select)} where rid = {rid}"), Row.Map, stop);
        return row is { Live: 1 } && await ContentAsync(row, stop) is { } content ? (row.Key, content) : null;
    }

    private async ValueTask<Row?> FindAsync(ResourceKey key, CancellationToken stop)
    {
        if (!_touched.Contains(key) && _found.TryGetValue(key, out var found) && (found is not null || !_newRids.ContainsKey(key))) return found;
        if (_newRids.ContainsKey(key)) await FlushAsync(stop);   // its row may be held back
        var rows = await _session.QueryPairsAsync(Row.Select, [(AccessTable.Number(key.Type), key.Id)], Row.Map, stop);
        return rows.Count == 0 ? null : rows[0];
    }

    // The content of a version on disk; a text that was accepted once can always be read again.
    private async ValueTask<Element?> ContentAsync(Row row, CancellationToken stop)
    {
        if (row.Body is not { } body) return null;
        var bytes = await _session.FirstAsync(Sql.Of($"select bytes from body where b = {body}"), r => (byte[])r.GetValue(0), stop);
        return JsonReader.Read(bytes, _parts.Definitions).Failed(out _, out var content) ? throw new InvalidDataException($"The stored text of {row.Key.Type} rid {row.Rid} cannot be read.") : content;
    }

    /// <summary>Sees to it that every key has a rid: known, found, or reserved by a row that says so.</summary>
    private async ValueTask ReserveAsync(IReadOnlyCollection<ResourceKey> keys, CancellationToken stop)
    {
        var unknown = keys.Where(k => !_newRids.ContainsKey(k) && !_parts.Rids.TryGet(k, out _)).Distinct().ToList();
        if (unknown.Count == 0) return;
        await LookUpAsync([.. unknown.Where(k => !_absent.Contains(k))], stop);
        foreach (var key in unknown.Where(k => !_newRids.ContainsKey(k)))
        {
            var rid = _newRids[key] = _nextRid++;
            _written = true;
            _bulk.Add(Row.Table, new Row { Rid = rid, Key = key }.Columns());
        }
    }

    private async ValueTask LookUpAsync(IReadOnlyCollection<ResourceKey> keys, CancellationToken stop)
    {
        if (keys.Count == 0) return;
        foreach (var (key, rid) in await _session.QueryPairsAsync("select typ, fid, rid from res", Pairs(keys), r => (new ResourceKey(AccessTable.Name(r.GetInt32(0)), r.GetString(1)), r.GetInt64(2)), stop))
            _newRids[key] = rid;
        _absent.UnionWith(keys.Where(k => !_newRids.ContainsKey(k)));
    }

    private static List<(long, string)> Pairs(IEnumerable<ResourceKey> keys) => [.. keys.Select(k => ((long)AccessTable.Number(k.Type), k.Id))];

    /// <summary>Looks up at once what each of many writes would look up by itself: the rows that they change, and the rids of what they refer to.</summary>
    public async Task LookAheadAsync(IReadOnlyList<Pending> items)
    {
        if (items is [{ Writes.Count: 1 }]) return;
        var writes = items.SelectMany(i => i.Writes).ToList();
        // Not a file's row: what it belongs to changes it too.
        var changed = writes.Where(w => w.Write is { Kind: not WriteKind.Create, Criteria: null, Key.Type: not "Binary" }).Select(w => w.Write.Key).ToHashSet();
        foreach (var key in changed) _found[key] = null;
        foreach (var row in await _session.QueryPairsAsync(Row.Select, Pairs(changed), Row.Map, CancellationToken.None))
        {
            _found[row.Key] = row;
            _newRids[row.Key] = row.Rid;
        }
        var named = writes.Where(w => w.Index is not null).SelectMany(w => w.Index!.Patients.Concat(w.Index.Targets)).Concat(writes.Select(w => w.Write.Home).OfType<ResourceKey>());
        var made = writes.Where(w => w.Write.Kind == WriteKind.Create).Select(w => w.Write.Key).ToHashSet();
        await LookUpAsync([.. named.Where(k => !made.Contains(k) && !_newRids.ContainsKey(k) && !_parts.Rids.TryGet(k, out _)).ToHashSet()], CancellationToken.None);
    }

    private long RidOf(ResourceKey key) => _newRids.TryGetValue(key, out var rid) || _parts.Rids.TryGet(key, out rid) ? rid : throw new InvalidOperationException($"{key.Type} has no rid yet.");

}
