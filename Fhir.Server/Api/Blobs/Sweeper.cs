using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Fhir.Server.Api.Blobs;

/// <summary>Once an hour, removes attachments that no commit claimed within a day.</summary>
public sealed class Sweeper(BlobStore blobs, TimeProvider clock, ILogger<Sweeper> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var hourly = new PeriodicTimer(TimeSpan.FromHours(1), clock);
        while (await hourly.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                var swept = await blobs.SweepAsync(stoppingToken);
                if (swept > 0) log.LogInformation("{Count} unclaimed attachments were swept away.", swept);
            }
            catch (Exception outage) when (outage is not OperationCanceledException)
            {
                log.LogError(outage, "Unclaimed attachments could not be swept away; the next try is in an hour.");
            }
        }
    }
}
