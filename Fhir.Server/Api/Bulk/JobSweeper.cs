using Fhir.Server.Core.Elements;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Jobs;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Fhir.Server.Api.Bulk;

/// <summary>Every few minutes, takes away the rows of jobs whose time is over, a few at a time.</summary>
public sealed class JobSweeper(TenantDatabase database, TimeProvider clock, ILogger<JobSweeper> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMinutes(5), clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                while (await JobTable.SweepAsync(database, Micros.Of(clock.GetUtcNow()), stoppingToken)) await Task.Yield();
            }
            catch (Exception outage) when (outage is not OperationCanceledException)
            {
                log.LogError(outage, "Jobs that are over could not be swept away; the next try is in five minutes.");
            }
        }
    }
}
