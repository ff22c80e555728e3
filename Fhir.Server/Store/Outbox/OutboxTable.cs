using System.Data.Common;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Outbox;

/// <summary>The outbox: rows are put in by the commit that causes them, claimed under a lease, and end accepted, parked or withheld. At-least-once: a lease that ran out is claimed again.</summary>
public static class OutboxTable
{
    private static readonly Sql Select = Sql.Raw(
        "select o.n, o.channel, o.destination, o.order_key, o.message_id, o.payload, o.target, o.state, o.attempts, o.created_at, o.at, o.detail from outbox o");

    /// <summary>Puts it in, unless it is there already.</summary>
    public static async ValueTask EnqueueAsync(Session session, Outgoing what, long at, CancellationToken stop)
    {
        var n = await session.FirstAsync(Sql.Of(
            $"""
            insert into outbox(channel, destination, order_key, message_id, payload, target, state, attempts, due_at, lease_until, created_at, at)
            values({what.Channel}, {what.Destination}, {what.OrderKey}, {what.MessageId}, {what.Payload}, {what.Target}, {0}, {0}, {at}, {0}, {at}, {at})
            on conflict do nothing returning n
            """), r => r.GetInt64(0), stop);
        if (n != 0) await EventAsync(session, n, OutboxState.Queued, at, null, stop);
    }

    /// <summary>Is anything ready? Asked before the commit lock is taken.</summary>
    public static async ValueTask<bool> IsDueAsync(TenantDatabase database, string channel, long now, CancellationToken stop) =>
        await database.FirstAsync(Sql.Of($"select 1 from outbox where channel = {channel} and state < 2 and due_at <= {now} and lease_until <= {now} limit 1"), r => r.GetInt64(0), stop) == 1;

    /// <summary>
    /// Takes what may be sent now under a lease, at most one per destination: due, no other in flight there, and no earlier one with
    /// the same order key that was neither accepted nor withheld. Its state becomes sent.
    /// </summary>
    public static async ValueTask<List<OutboxRow>> ClaimAsync(Session session, string channel, long now, long leaseUntil, CancellationToken stop)
    {
        var ready = await session.QueryAsync(Sql.Of(
            $"""
            {Select} where o.channel = {channel} and o.state < 2 and o.due_at <= {now} and o.lease_until <= {now}
            and not exists(select 1 from outbox e where e.channel = o.channel and e.destination = o.destination and e.order_key = o.order_key and e.n < o.n and e.state <> 2 and e.state <> 5)
            and not exists(select 1 from outbox f where f.channel = o.channel and f.destination = o.destination and f.state = 1 and f.lease_until > {now})
            order by o.n
            """), Map, stop);
        var claimed = ready.DistinctBy(row => row.What.Destination).Select(row => row with { State = OutboxState.Sent, Attempts = row.Attempts + 1, At = now }).ToList();
        foreach (var row in claimed)
        {
            await session.ExecuteAsync(Sql.Of($"update outbox set state = {1}, attempts = {row.Attempts}, lease_until = {leaseUntil}, at = {now} where n = {row.N}"), stop);
            await EventAsync(session, row.N, OutboxState.Sent, now, null, stop);
        }
        return claimed;
    }

    /// <summary>
    /// Ends an attempt: its lease is over. False when the row is no longer this attempt's; then only an acceptance counts, for what
    /// has arrived has arrived.
    /// </summary>
    public static async ValueTask<bool> EndAsync(Session session, OutboxRow claimed, OutboxState state, long dueAt, long at, string? detail, CancellationToken stop)
    {
        var mine = state == OutboxState.Accepted ? Sql.Raw("state <> 2") : Sql.Of($"state = {1} and attempts = {claimed.Attempts}");
        var changed = await session.ExecuteAsync(Sql.Of($"update outbox set state = {(int)state}, due_at = {dueAt}, lease_until = {0}, at = {at}, detail = {detail} where n = {claimed.N} and {mine}"), stop);
        if (changed > 0) await EventAsync(session, claimed.N, state, at, detail, stop);
        return changed > 0;
    }

    /// <summary>Only for the one process that writes this database, when it starts: what its predecessor had in flight goes out again at once.</summary>
    public static async ValueTask ReleaseAsync(Session session, string channel, CancellationToken stop) =>
        await session.ExecuteAsync(Sql.Of($"update outbox set lease_until = {0} where channel = {channel} and state = {1}"), stop);

    /// <summary>The rows of these payloads, in order.</summary>
    public static ValueTask<List<OutboxRow>> OfPayloadsAsync(Session session, IReadOnlyList<long> payloads, CancellationToken stop) =>
        session.QueryAsync(Sql.Of($"{Select} where {Sql.In("o.payload", payloads)} order by o.n"), Map, stop);

    /// <summary>The ledger of one row: how it came to its state.</summary>
    public static ValueTask<List<(OutboxState State, long At, string? Detail)>> EventsAsync(Session session, long n, CancellationToken stop) =>
        session.QueryAsync(Sql.Of($"select state, at, detail from outbox_event where n = {n} order by k"), r => ((OutboxState)r.GetInt32(0), r.GetInt64(1), r.IsDBNull(2) ? null : r.GetString(2)), stop);

    /// <summary>Adds a line to the ledger.</summary>
    public static async ValueTask EventAsync(Session session, long n, OutboxState state, long at, string? detail, CancellationToken stop) =>
        await session.ExecuteAsync(Sql.Of(
            $"insert into outbox_event(n, k, state, at, detail) select {n}, coalesce(max(k), 0) + 1, {(int)state}, {at}, {detail} from outbox_event where n = {n}"), stop);

    private static OutboxRow Map(DbDataReader r) => new(
        r.GetInt64(0), new(r.GetString(1), r.GetString(2), r.GetInt64(3), r.GetString(4), r.GetInt64(5), r.GetInt64(6)),
        (OutboxState)r.GetInt32(7), r.GetInt32(8), r.GetInt64(9), r.GetInt64(10), r.IsDBNull(11) ? null : r.GetString(11));
}
