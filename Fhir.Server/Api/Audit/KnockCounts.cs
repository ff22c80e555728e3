using Fhir.Server.Api.Identity;
using Fhir.Server.Core.Elements;
using Microsoft.Extensions.Hosting;

namespace Fhir.Server.Api.Audit;

/// <summary>Writes what <see cref="Knocks"/> counted, every minute and at the end.</summary>
public sealed class KnockCounts(Knocks knocks, AuditReads reads, TimeProvider clock) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);
    private long _lost;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(Pause, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!stoppingToken.IsCancellationRequested) await WriteAsync(all: false);
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await WriteAsync(all: true);
    }

    // What could not be written is written with the next, as one sum.
    internal async Task WriteAsync(bool all)
    {
        var taken = knocks.Take(all);
        if (_lost > 0) taken = [.. taken, new(null, _lost, 401)];
        _lost = 0;
        foreach (var one in taken)
            if (!await reads.RecordAsync(RowOf(one))) _lost += one.Times;
    }

    private AuditRow RowOf(Knocked one) =>
        new() { AtMicros = Micros.Of(clock.GetUtcNow()), By = one.By, Act = AuditAct.None, Type = -1, Status = one.Status, Times = one.Times };
}
