using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Outbox;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Fhir.Messaging.Delivery;

/// <summary>Sends what is queued through the line of the receiver's choice. At-least-once with the same message id; a partner that is down or says no loses nothing.</summary>
public sealed class Dispatch(Ledger ledger, DeliveryQueue queue, Parcels parcels, Disclosures disclosures, IEnumerable<ILine> lines, DeliverySettings settings, TimeProvider clock, ILogger<Dispatch> log) : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);   // what other nodes queued, and what waited for its back-off
    private readonly Dictionary<string, ILine> _lines = lines.ToDictionary(l => l.ConnectionType, StringComparer.Ordinal);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (settings.SoleWriter) await ledger.ReleaseAsync(stoppingToken);
        var inFlight = new List<Task>();
        while (!stoppingToken.IsCancellationRequested)
        {
            inFlight.RemoveAll(t => t.IsCompleted);
            foreach (var row in await ClaimAsync(stoppingToken)) inFlight.Add(SendAsync(row, stoppingToken));
            await queue.Waiting.WaitAsync(Look, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        await Task.WhenAll(inFlight);
    }

    /// <summary>Sends all that may leave now, once; the number of attempts.</summary>
    public async Task<int> RunOnceAsync(CancellationToken stop)
    {
        var claimed = await ledger.ClaimAsync(settings.Lease, stop);
        await Task.WhenAll(claimed.Select(row => SendAsync(row, stop)));
        return claimed.Count;
    }

    private async Task<List<OutboxRow>> ClaimAsync(CancellationToken stop)
    {
        try
        {
            return await ledger.ClaimAsync(settings.Lease, stop);
        }
        catch (Exception outage) when (outage is not OperationCanceledException)
        {
            log.LogError(outage, "Deliveries could not be looked up.");
            return [];
        }
        catch (OperationCanceledException)
        {
            return [];
        }
    }

    private async Task SendAsync(OutboxRow row, CancellationToken stop)
    {
        try
        {
            await AttemptAsync(row, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Its lease runs out, and it goes out again.
        }
        catch (Exception unforeseen)
        {
            log.LogError(unforeseen, "Delivery {MessageId} failed; it is tried again.", row.What.MessageId);
            await LaterAsync(row, "an error on our side", stop);
        }
        queue.Waiting.Ring();   // the next one for this destination may go
    }

    private async Task AttemptAsync(OutboxRow row, CancellationToken stop)
    {
        if (!await disclosures.IsAllowedAsync(row, stop))
        {
            await WithholdAsync(row, stop);
            return;
        }
        if ((await parcels.MakeAsync(row, stop)).Failed(out var issue, out var parcel))
        {
            await ledger.ParkedAsync(row, issue.Text, stop);
            return;
        }
        if (!_lines.TryGetValue(parcel.ConnectionType, out var line))
        {
            await ledger.ParkedAsync(row, $"No adapter speaks the receiver's connection type {parcel.ConnectionType}.", stop);
            return;
        }
        if (!await disclosures.RecordAsync(row, stop))
        {
            await LaterAsync(row, "the disclosure could not be recorded", stop);
            return;
        }
        var answer = await line.SendAsync(parcel.Document, parcel.Address, stop);
        await (answer.Result switch
        {
            LineResult.Accepted => ledger.AcceptedAsync(row, answer.Detail, stop),
            LineResult.Rejected => ledger.RejectedAsync(row, answer.Detail, stop),
            LineResult.Retry => LaterAsync(row, answer.Detail, stop),
        });
    }

    private async Task WithholdAsync(OutboxRow row, CancellationToken stop)
    {
        log.LogWarning("Delivery {MessageId} may not leave any more: its receiver is out of the thread. It is withheld for good.", row.What.MessageId);
        await (await disclosures.RecordAsync(row, stop, isWithheld: true)
            ? ledger.WithheldAsync(row, "the receiver may not have it any more", stop)
            : LaterAsync(row, "what is withheld could not be recorded", stop));
    }

    private Task LaterAsync(OutboxRow row, string detail, CancellationToken stop)
    {
        var age = clock.GetUtcNow() - Micros.At(row.CreatedAt);
        return age >= settings.GiveUpAfter
            ? ledger.ParkedAsync(row, $"given up after {row.Attempts} attempts: {detail}", stop)
            : ledger.WaitsAsync(row, settings.WaitAfter(row.Attempts), detail, stop);
    }
}
