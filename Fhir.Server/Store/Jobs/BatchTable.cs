using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Jobs;

/// <summary>A batch or transaction that is done later. Token = what the sender's token said; Remarks = the answer tells what validation says.</summary>
public sealed record BatchOrder(long Job, string JobId, byte[] Token, string? Network, string Base, ResourceKey? Home, bool Remarks, byte[] Body, long MadeAt);

/// <summary>A write that a job has committed already, by the request that its commits bear.</summary>
public sealed record BatchWrite(string Request, int Act, ResourceKey Key, int Version);

/// <summary>The batches: each is done once, under a lease. What a crash interrupted is known by what the audit has of it, in the very commits that it made.</summary>
public static class BatchTable
{
    public static async ValueTask AddAsync(Session session, BatchOrder order, CancellationToken stop) => await session.ExecuteAsync(Sql.Of(
        $"""
        insert into job_batch(job, token, network, base, home, remarks, body)
        values({order.Job}, {order.Token}, {order.Network}, {order.Base}, {order.Home?.Id}, {(order.Remarks ? 1L : 0L)}, {order.Body})
        """), stop);

    /// <summary>Takes one that waits, or whose lease ran out; null when there is none.</summary>
    public static async Task<BatchOrder?> ClaimAsync(TenantDatabase database, long now, long leaseUntil, CancellationToken stop)
    {
        var ready = Sql.Of($"j.kind = {(int)JobKind.Batch} and j.state = {0} and j.lease_until <= {now} and j.until_at > {now}");
        var order = await database.FirstAsync(Sql.Of($"select j.n, j.id, b.token, b.network, b.base, b.home, b.remarks, b.body, j.made_at from job j join job_batch b on b.job = j.n where {ready} order by j.n limit 1"),
            r => new BatchOrder(r.GetInt64(0), r.GetString(1), (byte[])r.GetValue(2), r.IsDBNull(3) ? null : r.GetString(3), r.GetString(4),
                r.IsDBNull(5) ? null : new("Organization", r.GetString(5)), r.GetInt64(6) == 1, (byte[])r.GetValue(7), r.GetInt64(8)), stop);
        return order is not null && await HoldAsync(database, order.Job, Sql.Of($"lease_until <= {now}"), leaseUntil, stop) ? order : null;
    }

    /// <summary>Holds it longer; false when somebody else has it by now.</summary>
    public static Task<bool> RenewAsync(TenantDatabase database, long job, long held, long leaseUntil, CancellationToken stop) => HoldAsync(database, job, Sql.Of($"lease_until = {held}"), leaseUntil, stop);

    /// <summary>Lets go of it: another may go on at once.</summary>
    public static Task ReleaseAsync(TenantDatabase database, long job, long held) => HoldAsync(database, job, Sql.Of($"lease_until = {held}"), 0, CancellationToken.None);

    /// <summary>It is done: what it was asked goes, what became of it stays. One of both: the answer, or why all of it was refused.</summary>
    public static async Task DoneAsync(TenantDatabase database, long job, long held, byte[]? answer, byte[]? refused, CancellationToken stop)
    {
        await using var session = await database.BesideAsync(stop);
        if (await session.ExecuteAsync(Sql.Of($"update job set state = {(int)JobState.Done}, lease_until = {0} where n = {job} and lease_until = {held} and state = {0}"), stop) == 0) return;
        await session.ExecuteAsync(Sql.Of($"update job_batch set body = null, answer = {(answer is null ? Sql.Raw("null") : Sql.Of($"{answer}"))} where job = {job}"), stop);
        if (refused is not null) await session.ExecuteAsync(Sql.Of($"insert into job_refused(job, line, outcome) values({job}, {0}, {refused}) on conflict do nothing"), stop);
        await session.CommitAsync(stop);
    }

    /// <summary>What became of it; null when all of it was refused.</summary>
    public static ValueTask<byte[]?> AnswerAsync(TenantDatabase database, long job, CancellationToken stop) =>
        database.FirstAsync(Sql.Of($"select answer from job_batch where job = {job}"), r => r.IsDBNull(0) ? null : (byte[])r.GetValue(0), stop);

    /// <summary>What this job has written already.</summary>
    public static ValueTask<List<BatchWrite>> WrittenAsync(TenantDatabase database, BatchOrder order, CancellationToken stop) => database.QueryAsync(Sql.Of(
        $"select request, act, typ, fid, ver from audit_write where at >= {order.MadeAt} and request like {order.JobId + "%"} order by n"),
        r => new BatchWrite(r.GetString(0), r.GetInt32(1), new(AccessTable.Name(r.GetInt32(2)), r.GetString(3)), r.GetInt32(4)), stop);

    private static async Task<bool> HoldAsync(TenantDatabase database, long job, Sql held, long leaseUntil, CancellationToken stop)
    {
        await using var session = await database.BesideAsync(stop);
        var mine = await session.ExecuteAsync(Sql.Of($"update job set lease_until = {leaseUntil} where n = {job} and state = {0} and {held}"), stop) > 0;
        if (mine) await session.CommitAsync(stop);
        return mine;
    }
}
