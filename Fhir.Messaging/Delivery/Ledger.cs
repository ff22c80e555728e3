using Fhir.Messaging.Realtime;
using Fhir.Server.Core.Elements;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Outbox;

namespace Fhir.Messaging.Delivery;

/// <summary>The states of deliveries as participants see them: a change of state is a change of the thread, and the bell tells it.</summary>
public sealed class Ledger(TenantDatabase database, TimeProvider clock, Bell bell)
{
    /// <summary>Takes what may leave now; empty when there is nothing.</summary>
    public async Task<List<OutboxRow>> ClaimAsync(TimeSpan lease, CancellationToken stop)
    {
        if (!await OutboxTable.IsDueAsync(database, DeliveryQueue.Channel, Micros.Of(clock.GetUtcNow()), stop)) return [];
        List<OutboxRow> claimed;
        await using (var commit = await NumberedCommit.BeginAsync(database, clock, stop))
        {
            claimed = await OutboxTable.ClaimAsync(commit.Session, DeliveryQueue.Channel, commit.AtMicros, commit.AtMicros + (long)lease.TotalMicroseconds, stop);
            if (claimed.Count == 0) return claimed;
            foreach (var row in claimed) await TouchAsync(commit, row, stop);
            await commit.CommitAsync();
        }
        bell.Ring();
        return claimed;
    }

    public Task AcceptedAsync(OutboxRow row, string detail, CancellationToken stop) => EndAsync(row, OutboxState.Accepted, TimeSpan.Zero, detail, stop);

    public Task WaitsAsync(OutboxRow row, TimeSpan wait, string detail, CancellationToken stop) => EndAsync(row, OutboxState.Queued, wait, detail, stop);

    public Task ParkedAsync(OutboxRow row, string detail, CancellationToken stop) => EndAsync(row, OutboxState.Parked, TimeSpan.Zero, detail, stop);

    /// <summary>It may not leave any more: final, and it holds nothing back.</summary>
    public Task WithheldAsync(OutboxRow row, string detail, CancellationToken stop) => EndAsync(row, OutboxState.Withheld, TimeSpan.Zero, detail, stop);

    /// <summary>The partner said no: the ledger keeps that it was rejected, and it lies parked until a person looks.</summary>
    public Task RejectedAsync(OutboxRow row, string detail, CancellationToken stop) => EndAsync(row, OutboxState.Rejected, TimeSpan.Zero, detail, stop);

    public async Task ReleaseAsync(CancellationToken stop)
    {
        await using var session = await database.WriteAsync(stop);
        await OutboxTable.ReleaseAsync(session, DeliveryQueue.Channel, stop);
        await session.CommitAsync(stop);
    }

    private async Task EndAsync(OutboxRow row, OutboxState state, TimeSpan wait, string detail, CancellationToken stop)
    {
        await using (var commit = await NumberedCommit.BeginAsync(database, clock, stop))
        {
            var ends = state == OutboxState.Rejected ? OutboxState.Parked : state;
            if (state == OutboxState.Rejected) await OutboxTable.EventAsync(commit.Session, row.N, state, commit.AtMicros, detail, stop);
            if (!await OutboxTable.EndAsync(commit.Session, row, ends, commit.AtMicros + (long)wait.TotalMicroseconds, commit.AtMicros, detail, stop)) return;
            await TouchAsync(commit, row, stop);
            await commit.CommitAsync();
        }
        bell.Ring();
    }

    private static async Task TouchAsync(NumberedCommit commit, OutboxRow row, CancellationToken stop)
    {
        var thread = await commit.Session.FirstAsync(Sql.Of($"select thread from thread where document = {row.What.Payload}"), r => r.GetInt64(0), stop);
        await ThreadTouch.AllAsync(commit.Session, thread, commit.T, stop);
    }
}
