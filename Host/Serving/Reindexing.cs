using Fhir.Server.Store.Resources;
using Fhir.Server.Store.Search;

namespace Host.Serving;

/// <summary>
/// Makes the index rows that an older version did not keep, and those of search parameters of the deployer's own, while the house serves; what needs
/// them is refused until they are there. Looks twice a second for what another node changed.
/// </summary>
public sealed class Reindexing(Reindex reindex, TimeProvider clock, ILogger<Reindexing> log) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);   // about half of the commit lock's time is left to those who write
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(500);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.Run(() => RunAsync(stoppingToken), stoppingToken);

    private async Task RunAsync(CancellationToken stop)
    {
        var words = Task.Run(() => reindex.FillAsync(Pause, stop), stop);
        using var timer = new PeriodicTimer(Between, clock);
        while (await timer.WaitForNextTickAsync(stop)) await LookAsync(stop);
        await words;
    }

    // A database that is away for a moment is asked again: the next look finds what this one did not.
    private async Task LookAsync(CancellationToken stop)
    {
        try
        {
            await reindex.FillOwnAsync(Pause, stop);
        }
        catch (Exception away) when (away is System.Data.Common.DbException or System.Net.Sockets.SocketException)
        {
            log.LogWarning("The search parameters could not be looked at: {Problem}", away.GetType().Name);
        }
    }
}
