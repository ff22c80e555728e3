using System.Data.Common;
using System.Diagnostics;
using Fhir.Server.Api.Identity;
using Fhir.Server.Store.Database;
using Microsoft.Extensions.Logging;

namespace Fhir.Server.Api.Audit;

/// <summary>One access as the stream of reads keeps it. Query holds parameter names only: their values may name a patient.</summary>
public sealed record AuditRow
{
    public required long AtMicros { get; init; }
    public required string Who { get; init; }
    public string? Client { get; init; }
    public string? Request { get; init; }
    public required AuditAct Act { get; init; }
    /// <summary>The type's number, or -1 when it was about several.</summary>
    public required long Type { get; init; }
    public string? Id { get; init; }
    public string? Query { get; init; }
    public required int Status { get; init; }
    public IReadOnlyList<long> Returned { get; init; } = [];
}

/// <summary>
/// Writes the rows of reads durably, many at once: whoever comes while a commit is under way shares the next one. Never
/// waits for the commit lock of the resources (house.md 8).
/// </summary>
public sealed class AuditReads(TenantDatabase database, ILogger<AuditReads> log)
{
    private static readonly Table Rows = new("audit_read",
        new("at", ColumnKind.Long), new("who", ColumnKind.Text), new("client", ColumnKind.Text), new("request", ColumnKind.Text), new("act", ColumnKind.Long),
        new("typ", ColumnKind.Long), new("fid", ColumnKind.Text), new("query", ColumnKind.Text), new("outcome", ColumnKind.Long), new("returned", ColumnKind.Bytes));

    private static readonly TimeSpan SlowDisk = TimeSpan.FromMilliseconds(0.7), Gathering = TimeSpan.FromMilliseconds(1);

    private readonly Lock _lock = new();
    private Batch _next = new();
    private bool _writing;

    /// <summary>True once the row is on disk; false when it could not be written, and then nothing may leave.</summary>
    public Task<bool> RecordAsync(AuditRow row)
    {
        object?[] values = [row.AtMicros, row.Who, row.Client, row.Request, (long)row.Act, row.Type, row.Id, row.Query, (long)row.Status, RidList.Pack(row.Returned)];
        Batch mine;
        lock (_lock)
        {
            mine = _next;
            mine.Rows.Add(values);
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
            var began = Stopwatch.GetTimestamp();
            batch.Done.SetResult(await WriteAsync(batch.Rows));
            if (batch.Rows.Count > 2 && Stopwatch.GetElapsedTime(began) > SlowDisk) await GatherAsync(batch.Rows.Count * 3 / 4);
        }
    }

    // Whoever was answered just now asks again in a moment: on a disk that takes milliseconds to sync, the first to come back
    // would otherwise make all others wait for a second round.
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

    private async Task<bool> WriteAsync(List<object?[]> rows)
    {
        try
        {
            await using var session = await database.AuditAsync(CancellationToken.None);
            await session.InsertAsync(Rows, rows, CancellationToken.None);
            await session.CommitAsync(CancellationToken.None);
            return true;
        }
        catch (Exception outage) when (outage is DbException or IOException or InvalidOperationException or TimeoutException)
        {
            log.LogError(outage, "{Count} accesses could not be audited and are refused.", rows.Count);
            return false;
        }
    }

    private sealed class Batch
    {
        public List<object?[]> Rows { get; } = [];
        public TaskCompletionSource<bool> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
        /// <summary>So many rows are worth a commit at once; 0 = nobody waits for more.</summary>
        public int Enough { get; set; }
        public TaskCompletionSource Full { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
