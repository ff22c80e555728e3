using System.Data.Common;
using System.Globalization;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Rules;
using Fhir.Server.Store.Search;

namespace Fhir.Server.Store.Resources;

/// <summary>Remembers resources: reads, histories and commits. What the caller may not see is not found.</summary>
public sealed class ResourceStore : IAsyncDisposable
{
    private const int MostTries = 4;
    private readonly TenantDatabase _database;
    private readonly DefinitionSet _definitions;
    private readonly Indexer _indexer;
    private readonly Seal _seal;
    private readonly CommitQueue _queue;
    private long _lastMicros;

    public ResourceStore(TenantDatabase database, DefinitionSet definitions, Indexer indexer, ResourceSearch search, IEnumerable<ICommitRule> rules, Seal seal, TimeProvider clock, WriteSettings? settings = null)
    {
        (_database, _definitions, _indexer, _seal) = (database, definitions, indexer, seal);
        _queue = new(database, new(definitions, indexer, search, [.. rules], new Rids(), new(Audit.AuditTables.WriteAgents), clock, settings ?? new(), Told));
    }

    /// <summary>The moment of the last commit that this node knows: a reader whose clock lags behind it would miss what that commit opened.</summary>
    public long LastMicros => Volatile.Read(ref _lastMicros);

    private void Told(long t, long atMicros)
    {
        Heard(atMicros);
        Committed?.Invoke(t);
    }

    /// <summary>Another node committed at that moment: its clock may be ahead of ours.</summary>
    public void Heard(long atMicros)
    {
        for (var last = LastMicros; atMicros > last; last = LastMicros)
            if (Interlocked.CompareExchange(ref _lastMicros, atMicros, last) == last) return;
    }

    /// <summary>After each commit of this node, with its number; must be quick.</summary>
    public event Action<long>? Committed;

    /// <summary>The current version; NotFound when there is none or it is hidden, Gone when deleted.</summary>
    public async Task<Result<ResourceVersion>> ReadAsync(ResourceKey key, AccessContext sees, CancellationToken stop)
    {
        var newest = sees.Statement("read", key.Type, () => Newest(key.Type, sees)).With(Id, key.Id);
        return Shown(await _database.FirstAsync(newest, Map, stop), key, sees);
    }

    private const string Id = "id";

    private static Sql Newest(string type, AccessContext sees) => Sql.Of(
        $"""
        select r.rid, r.typ, r.fid, r.ver, r.t, r.at, r.method, b.bytes from res r left join body b on b.b = r.b
        where r.typ = {AccessTable.Named(type)} and r.fid = {Sql.Named(Id, null)} and r.live >= 0 and {sees.Sees("r", type)}
        """);

    /// <summary>The rid of the organisation that a resource belongs to; 0 = none. For the house itself: no view is asked.</summary>
    public ValueTask<long> HomeAsync(long rid, CancellationToken stop) =>
        _database.FirstAsync(Sql.Of($"select coalesce(home, 0) from res where rid = {rid}"), r => r.GetInt64(0), stop);

    /// <summary>The rid of what has been deleted; 0 when it is there, or never was. For the house itself: no view is asked.</summary>
    public ValueTask<long> DeletedAsync(ResourceKey key, CancellationToken stop) =>
        _database.FirstAsync(Sql.Of($"select rid from res where typ = {AccessTable.Number(key.Type)} and fid = {key.Id} and live = 0"), r => r.GetInt64(0), stop);

    /// <summary>One version; Gone for the version that is a delete.</summary>
    public async Task<Result<ResourceVersion>> ReadVersionAsync(VersionKey key, AccessContext sees, CancellationToken stop)
    {
        if (!int.TryParse(key.Version, NumberStyles.None, CultureInfo.InvariantCulture, out var version)) return NotFound(key.Key);
        var typ = AccessTable.Number(key.Key.Type);
        var found = await _database.FirstAsync(Sql.Of(
            $"""
            select r.rid, r.typ, r.fid, r.ver, r.t, r.at, r.method, b.bytes from
            (select rid, typ, fid, ver, t, at, method, home, patient, thread, confined, label, b from res where typ = {typ} and fid = {key.Key.Id} and ver = {version} and live >= 0
            union all select h.rid, h.typ, h.fid, h.ver, h.t, h.at, h.method, h.home, h.patient, h.thread, h.confined, h.label, h.b from res_hist h
            join res c on c.rid = h.rid where c.typ = {typ} and c.fid = {key.Key.Id} and h.ver = {version}) r
            left join body b on b.b = r.b where {sees.Sees("r", key.Key.Type)}
            """), Map, stop);
        return Shown(found, key.Key, sees);
    }

    private Result<ResourceVersion> Shown(ResourceVersion? found, ResourceKey key, AccessContext sees) => found switch
    {
        null => NotFound(key),
        { Deleted: true } => new Issue(IssueKind.Gone, $"This {key.Type} has been deleted."),
        _ => Reduction.Of(found, sees, _definitions),
    };

    private static Issue NotFound(ResourceKey key) => new(IssueKind.NotFound, $"There is no such {key.Type}.");

    /// <summary>All versions, newest first. Pages are stable: what is written meanwhile does not move them.</summary>
    public async Task<Result<HistoryPage>> HistoryAsync(HistoryQuery query, AccessContext sees, CancellationToken stop)
    {
        if ((await HistorySql.OfAsync(query, sees, _seal, _database, stop)).Failed(out var issue, out var sql)) return issue;
        await using var session = await _database.ReadAsync(snapshot: true, stop);
        var versions = await session.QueryAsync(sql.Page, Map, stop);
        var total = await session.FirstAsync(sql.Total, r => r.GetInt64(0), stop);
        if (versions.Count == 0 && query.Key is { } key && total == 0 && query is { Since: null, At: null }) return NotFound(key);
        var next = versions.Count > query.Count ? sql.Token(versions[query.Count - 1]) : null;
        return new HistoryPage([.. versions.Take(query.Count).Select(v => Reduction.Of(v, sees, _definitions))], total, next);
    }

    /// <summary>
    /// All writes or none, in one commit; single writes of many callers share a database transaction (house.md 7).
    /// An issue's Where starts with the write's own Where. Answers stand in the order of the writes.
    /// </summary>
    public async Task<Result<IReadOnlyList<Written>>> CommitAsync(IReadOnlyList<Write> writes, AccessContext by, CancellationToken stop)
    {
        var prepared = writes.Select(w => new Prepared(w, w.Resource is null ? null : _indexer.Extract(w.Resource, w.Key))).ToArray();
        if ((await QueueAsync(() => new(prepared, by, stop))).Failed(out var issue, out var written)) return issue;
        return written.Select(w => w.Version is null ? w : w with { Version = Reduction.Of(w.Version, by, _definitions) }).ToArray();
    }

    /// <summary>What a commit of this write would be refused for, or null: all its checks are run under the commit lock, and nothing stays.</summary>
    public async Task<Issue?> TryAsync(Write write, AccessContext by, CancellationToken stop)
    {
        var prepared = new Prepared(write, write.Resource is null ? null : _indexer.Extract(write.Resource, write.Key));
        return (await QueueAsync(() => new([prepared], by, stop) { IsTrial = true })).Failed(out var issue, out _) ? issue : null;
    }

    // What the database took back because of another transaction is checked and written anew: nothing of the first time is kept.
    private async Task<Result<IReadOnlyList<Written>>> QueueAsync(Func<Pending> anew)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await _queue.CommitAsync(anew());
            }
            catch (DbException failed) when (tries < MostTries && _database.IsClash(failed))
            {
                await Task.Delay(tries * Random.Shared.Next(5, 25));
            }
        }
    }

    internal static ResourceVersion Map(DbDataReader r) =>
        new(new(AccessTable.Name(r.GetInt32(1)), r.GetString(2)), r.GetInt32(3), Micros.At(r.GetInt64(5)), (WriteMethod)r.GetInt32(6), r.IsDBNull(7) ? default(ReadOnlyMemory<byte>) : (byte[])r.GetValue(7))
        {
            Rid = r.GetInt64(0), T = r.GetInt64(4),
        };

    public ValueTask DisposeAsync() => _queue.DisposeAsync();
}
