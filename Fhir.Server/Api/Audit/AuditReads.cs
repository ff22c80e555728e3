using System.Data.Common;
using Fhir.Server.Api.Identity;
using Fhir.Server.Store.Audit;
using Fhir.Server.Store.Database;
using Microsoft.Extensions.Logging;

namespace Fhir.Server.Api.Audit;

/// <summary>One access as the stream of reads keeps it. Query holds parameter names only: their values may name a patient.</summary>
public sealed record AuditRow
{
    public required long AtMicros { get; init; }
    public required AuditAgent By { get; init; }
    public string? Request { get; init; }
    public required AuditAct Act { get; init; }
    /// <summary>The type's number, or -1 when it was about several.</summary>
    public required long Type { get; init; }
    public string? Id { get; init; }
    public string? Query { get; init; }
    public required int Status { get; init; }
    /// <summary>The rids that left; below zero those that it concerned without leaving.</summary>
    public IReadOnlyList<long> Returned { get; init; } = [];
    /// <summary>Of a row that stands for many: how many; else 0.</summary>
    public long Times { get; init; }
    public bool BrokenGlass { get; init; }
}

/// <summary>
/// Writes the rows of reads durably, many at once: whoever comes while a commit is under way shares the next one. Never
/// waits for the commit lock of the resources (house.md 8).
/// </summary>
public sealed class AuditReads(TenantDatabase database, ILogger<AuditReads> log)
{
    private const int MostChains = 256;   // so many servers may share a database; and a table that refuses every row must not keep this one busy
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(1);

    private readonly Lock _lock = new();
    private Batch _next = new();
    private bool _writing;

    // Only the one task that writes touches these.
    private readonly AuditAgents _agents = new(AuditTables.ReadAgents);
    private ChainEnd? _end;
    private long _chain = 1;

    /// <summary>True once the row is on disk; false when it could not be written, and then nothing may leave.</summary>
    public Task<bool> RecordAsync(AuditRow row)
    {
        if (AuditSwitch.Off) return Task.FromResult(true);
        Batch mine;
        lock (_lock)
        {
            mine = _next;
            mine.Rows.Add(row);
            if (mine.Rows.Count == mine.Enough) mine.Full.TrySetResult();
            if (_writing) return mine.Done.Task;
            _writing = true;
        }
        _ = Task.Run(WriteAllAsync);
        return mine.Done.Task;
    }

    private async Task WriteAllAsync()
    {
        while (Take() is { } batch)
        {
            batch.Done.SetResult(await WriteAsync(batch.Rows));
            if (Enough(batch.Rows.Count) is > 1 and var enough) await GatherAsync(enough);
        }
    }

    // A commit costs nearly the same for thirty rows as for one. Who was answered just now and who came meanwhile ask again in a moment:
    // most of them are waited for, a millisecond at most. Who is alone waits for nobody.
    private int Enough(int written)
    {
        lock (_lock) return ((3 * (written + _next.Rows.Count)) + 3) / 4;
    }

    private async Task GatherAsync(int enough)
    {
        Task full;
        lock (_lock)
        {
            if (_next.Rows.Count >= enough) return;
            _next.Enough = enough;
            full = _next.Full.Task;
        }
        await Task.WhenAny(full, Task.Delay(Gathering));
    }

    private Batch? Take()
    {
        lock (_lock)
        {
            if (_next.Rows.Count == 0)
            {
                _writing = false;
                return null;
            }
            var batch = _next;
            _next = new();
            return batch;
        }
    }

    private async Task<bool> WriteAsync(List<AuditRow> rows)
    {
        try
        {
            for (var chains = 0; chains < MostChains; chains++)
                if (await AppendAsync(rows)) return true;
            throw new InvalidOperationException("Every chain of the audit is taken.");
        }
        catch (Exception outage)   // whatever it was: what is not on disk was not audited
        {
            _end = null;
            _agents.Forget();
            log.LogError(outage, "{Count} accesses could not be audited and are refused.", rows.Count);
            return false;
        }
    }

    // False when another node wrote behind this chain's end: then that one keeps the chain, and this one takes the next.
    private async Task<bool> AppendAsync(List<AuditRow> rows)
    {
        await using var session = await database.AuditAsync(CancellationToken.None);
        var end = _end ?? await EndAsync(session);
        _end = null;   // until the commit is known
        try
        {
            await session.InsertAsync(AuditTables.Reads, rows.ConvertAll(row => end.Append(Columns(row))), CancellationToken.None);
            await _agents.StoreAsync(session, CancellationToken.None);
            await session.CommitAsync(CancellationToken.None);
        }
        catch (DbException refused) when (database.IsTaken(refused))
        {
            _chain = end.Chain + 1;
            return false;
        }
        _agents.Committed();
        _end = end;
        return true;
    }

    private async ValueTask<ChainEnd> EndAsync(WriteSession session)
    {
        var (first, beyond) = (new ReadNumber(_chain, 0).N, new ReadNumber(_chain + 1, 0).N);
        var (n, hash) = await session.FirstAsync(Sql.Of($"select n, hash from audit_read where n >= {first} and n < {beyond} order by n desc limit 1"), r => (r.GetInt64(0), (byte[])r.GetValue(1)), CancellationToken.None);
        return new(AuditTables.Reads.Name, _chain, n == 0 ? first : n, hash);
    }

    private object?[] Columns(AuditRow row) =>
        [null, row.AtMicros, _agents.KeyOf(row.By), row.Request, (long)row.Act, row.Type, row.Id, row.Query, (long)row.Status, row.Times | (row.BrokenGlass ? AuditTables.BrokenGlass : 0), RidList.Pack(row.Returned), null];

    private sealed class Batch
    {
        public List<AuditRow> Rows { get; } = [];
        public TaskCompletionSource<bool> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
        /// <summary>So many rows are worth a commit at once; 0 = nobody waits for more.</summary>
        public int Enough { get; set; }
        public TaskCompletionSource Full { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
