using Fhir.Server.Core.Elements;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Jobs;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Fhir.Server.Api.Bulk;

/// <summary>Does the batches that wait, one at a time, each under a lease that is renewed; after a crash another goes on with what was not done.</summary>
public sealed class BatchRunner(TenantDatabase database, BatchWork work, TimeProvider clock, ILogger<BatchRunner> log) : BackgroundService
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30), Look = TimeSpan.FromSeconds(2);
    private readonly SemaphoreSlim _woken = new(0, 1);
    private long _held;

    /// <summary>There is something to do.</summary>
    public void Wake()
    {
        if (_woken.CurrentCount == 0) _woken.Release();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                while (await BatchTable.ClaimAsync(database, Now, _held = Until, stoppingToken) is { } order) await RunAsync(order, stoppingToken);
            }
            catch (Exception outage) when (outage is not OperationCanceledException)
            {
                log.LogError(outage, "A batch stopped; it goes on when its lease is over.");
            }
            await _woken.WaitAsync(Look, stoppingToken);
        }
    }

    private async Task RunAsync(BatchOrder order, CancellationToken stop)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var holding = HoldAsync(order.Job, over.Token);
        try
        {
            var (answer, refused) = await work.DoAsync(order, stop);
            await over.CancelAsync();
            await holding;
            await BatchTable.DoneAsync(database, order.Job, _held, answer, refused, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await holding;
            await BatchTable.ReleaseAsync(database, order.Job, _held);
            throw;
        }
        finally
        {
            await over.CancelAsync();
            await holding;
        }
    }

    private async Task HoldAsync(long job, CancellationToken over)
    {
        try
        {
            while (true)
            {
                await Task.Delay(Lease / 3, clock, over);
                var until = Until;
                if (!await BatchTable.RenewAsync(database, job, _held, until, CancellationToken.None)) return;   // it is somebody else's: what we say of it is not taken
                _held = until;
            }
        }
        catch (OperationCanceledException)
        {
            // It is done.
        }
        catch (Exception outage) when (outage is System.Data.Common.DbException or IOException or TimeoutException)
        {
            log.LogWarning(outage, "The lease of a batch could not be renewed.");
        }
    }

    private long Now => Micros.Of(clock.GetUtcNow());
    private long Until => Now + (Lease.Ticks / TimeSpan.TicksPerMicrosecond);
}
