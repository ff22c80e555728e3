using Fhir.Server.Store.Resources;
using Fhir.Server.Store.Search;

namespace Host.Serving;

/// <summary>Makes the index rows that an older version did not keep, while the house serves; what needs them is refused until they are there.</summary>
public sealed class Reindexing(Reindex reindex) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);   // about half of the commit lock's time is left to those who write

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.Run(() => reindex.FillAsync(IndexProgress.Newest, Pause, stoppingToken), stoppingToken);
}
