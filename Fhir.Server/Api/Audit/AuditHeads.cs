using Fhir.Server.Store.Audit;
using Fhir.Server.Store.Database;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Fhir.Server.Api.Audit;

/// <summary>
/// Signs how far the chains of the audit have come: at the start, every minute when something was added, and at the end. First
/// into the file outside the database, then into the database. Never in the way of a request.
/// </summary>
public sealed class AuditHeads(TenantDatabase database, HeadsFile file, AuditKey key, TimeProvider clock, ILogger<AuditHeads> log) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly string _series = Guid.CreateVersion7(clock.GetUtcNow()).ToString("N");
    private readonly List<(long K, string Line)> _notStored = [];
    private List<ChainHead>? _before;
    private List<ChainHead> _signed = [];
    private long _k;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        using var timer = new PeriodicTimer(Pause, clock);
        do await SignAsync(stoppingToken);
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await SignAsync(cancellationToken);
    }

    /// <summary>Signs the heads as they are now, unless they are signed already.</summary>
    public async Task SignAsync(CancellationToken stop)
    {
        try
        {
            await _turn.WaitAsync(stop);
        }
        catch (OperationCanceledException)
        {
            return;
        }
        try
        {
            _before ??= await BeforeAsync(stop);
            List<ChainHead> heads = [.. _before, .. await ChainHeads.ReadAsync(database, stop)];
            if (!AreSame(heads, _signed)) Write(heads);
            await StoreAsync(stop);
        }
        catch (Exception outage) when (outage is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            log.LogError(outage, "The heads of the audit could not be signed; the next try is in a minute.");
        }
        catch (OperationCanceledException)
        {
            return;
        }
        finally
        {
            _turn.Release();
        }
    }

    private void Write(List<ChainHead> heads)
    {
        var line = new SignedHeads(_series, _k + 1, SignedHeads.Instant(clock.GetUtcNow()), heads).ToLine(key);
        file.Append(line);
        _notStored.Add((++_k, line));
        _signed = heads;
    }

    private async Task StoreAsync(CancellationToken stop)
    {
        if (_notStored.Count == 0) return;
        await using var session = await database.AuditAsync(stop);
        foreach (var (k, line) in _notStored) await session.ExecuteAsync(Sql.Of($"insert into audit_head(series, k, line) values({_series}, {k}, {line}) on conflict do nothing"), stop);
        await session.CommitAsync(stop);
        _notStored.Clear();
    }

    // Rows from before the chains have no hash of their own: one over all of them is signed from the first time on.
    private async Task<List<ChainHead>> BeforeAsync(CancellationToken stop)
    {
        var heads = new List<ChainHead>();
        await using var writes = await database.ReadAsync(snapshot: false, stop);
        await using var reads = await database.ReadAuditAsync(stop);
        foreach (var (session, stream) in new[] { (writes, AuditTables.Writes.Name), (reads, AuditTables.Reads.Name) })
        {
            var chain = new ChainId(stream, 0);
            var walk = await ChainWalk.BeginAsync(session, chain, stop);
            await walk.RunAsync(() => default, stop);
            if (walk.Rows > 0) heads.Add(new(chain, walk.LastN, walk.Hash));
        }
        return heads;
    }

    private static bool AreSame(List<ChainHead> some, List<ChainHead> others) =>
        some.Count == others.Count && some.Zip(others).All(pair => pair.First.Chain == pair.Second.Chain && pair.First.N == pair.Second.N && pair.First.Hash.AsSpan().SequenceEqual(pair.Second.Hash));

    public override void Dispose()
    {
        _turn.Dispose();
        base.Dispose();
    }
}
