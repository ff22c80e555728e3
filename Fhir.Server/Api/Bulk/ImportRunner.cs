using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Jobs;
using Fhir.Server.Store.Resources;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Fhir.Server.Api.Bulk;

/// <summary>Works at imports, one at a time, piece by piece under a lease; after a crash another goes on with the piece that was not done.</summary>
public sealed class ImportRunner(TenantDatabase database, ImportLines lines, ApiSettings settings, TimeProvider clock, ILogger<ImportRunner> log) : BackgroundService
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
                while (await ImportTable.ClaimAsync(database, Now, _held = Now + Micro(Lease), stoppingToken) is { } order) await RunAsync(order, stoppingToken);
            }
            catch (Exception outage) when (outage is not OperationCanceledException)
            {
                log.LogError(outage, "An import stopped; it goes on when its lease is over.");
            }
            await _woken.WaitAsync(Look, stoppingToken);
        }
    }

    private async Task RunAsync(ImportOrder order, CancellationToken stop)
    {
        try
        {
            // Who sees everything is there in the demo only: what she left behind goes no further without it.
            var state = settings.Demo && await PiecesAsync(order, stop) ? JobState.Done : JobState.Failed;
            await ImportTable.EndAsync(database, order.Job, state, _held, stop);
            await database.AnalyzeAsync(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await ImportTable.ReleaseAsync(database, order.Job, _held);
            throw;
        }
    }

    // True at its end, also when somebody else has taken it over: then its end is not ours, and the lease says so.
    // While one piece is written the next is read.
    private async Task<bool> PiecesAsync(ImportOrder order, CancellationToken stop)
    {
        var next = ReadAsync(order, 0, stop);
        while (await next is var (piece, read))
        {
            next = ReadAsync(order, piece.Number, stop);
            var refused = await lines.WriteAsync(order with { By = order.By with { NowMicros = Now } }, read, stop);
            var until = Now + Micro(Lease);
            if (!await ImportTable.DoneAsync(database, order.Job, piece, refused, _held, until, stop)) return true;
            _held = until;
        }
        return true;
    }

    private Task<(ImportPiece Piece, IReadOnlyList<(long, Result<Write>)> Read)?> ReadAsync(ImportOrder order, long after, CancellationToken stop) => Task.Run(async () =>
        await ImportTable.NextAsync(database, order.Job, after, stop) is { } piece ? (piece, await lines.ReadAsync(order, piece, stop)) : default((ImportPiece, IReadOnlyList<(long, Result<Write>)>)?), stop);

    private long Now => Micros.Of(clock.GetUtcNow());
    private static long Micro(TimeSpan time) => time.Ticks / TimeSpan.TicksPerMicrosecond;
}
