using System.Data.Common;
using System.Diagnostics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Fhir.Server.Api.Audit;

/// <summary>Fills the index of patients behind the streams: many rows at a time, since each commit writes a page for nearly every patient, and idle nineteen times as long as it worked, so that reads seldom wait for it.</summary>
public sealed class PatientIndexFiller(PatientIndex index, TimeProvider clock, ILogger<PatientIndexFiller> log) : BackgroundService
{
    private const int AtOnce = 2000;
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(2), Least = TimeSpan.FromMilliseconds(50);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var wait = Quiet;
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(wait, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!stoppingToken.IsCancellationRequested) wait = await FillAsync(stoppingToken);
        }
    }

    private async Task<TimeSpan> FillAsync(CancellationToken stop)
    {
        var began = Stopwatch.GetTimestamp();
        try
        {
            return await index.FillAsync(AtOnce, stop) < AtOnce ? Quiet : TimeSpan.FromTicks(Math.Max(Least.Ticks, Stopwatch.GetElapsedTime(began).Ticks * 19));
        }
        catch (Exception outage) when (outage is DbException or IOException or InvalidOperationException or TimeoutException)
        {
            log.LogWarning(outage, "The index of the audit by patient could not be filled; logs of patients read more rows until it is.");
            return Quiet;
        }
        catch (OperationCanceledException)
        {
            return Quiet;
        }
    }
}
