using System.Data.Common;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Jobs;

/// <summary>For whom an import is written, and how many pieces it has; null while it is still coming in.</summary>
public sealed record ImportOrder(long Job, string JobId, AccessContext By, ResourceKey? Home, long Pieces, long Done);

/// <summary>Some lines of an import: the number of the first one, counted from 1.</summary>
public sealed record ImportPiece(long Number, long FirstLine, byte[] Lines);

/// <summary>The imports: what came in waits here in pieces, which are done one by one under a lease. A piece that is done once more changes nothing.</summary>
public static class ImportTable
{
    public static async ValueTask AddAsync(Session session, long job, AccessContext by, ResourceKey? home, CancellationToken stop) => await session.ExecuteAsync(Sql.Of(
        $"""
        insert into job_import(job, who, client, issuer, token, request, scopes, home, pieces)
        values({job}, {by.Who}, {by.Client}, {by.Issuer}, {by.TokenId}, {by.Request}, {by.Scopes.Text}, {home?.Id}, {-1})
        """), stop);

    public static async ValueTask AddPieceAsync(Session session, long job, ImportPiece piece, CancellationToken stop) =>
        await session.ExecuteAsync(Sql.Of($"insert into job_input(job, k, first, bytes) values({job}, {piece.Number}, {piece.FirstLine}, {piece.Lines})"), stop);

    /// <summary>All of it has come in: now it may run.</summary>
    public static async ValueTask CompleteAsync(Session session, long job, long pieces, long untilAt, CancellationToken stop)
    {
        await session.ExecuteAsync(Sql.Of($"update job_import set pieces = {pieces} where job = {job}"), stop);
        await session.ExecuteAsync(Sql.Of($"update job set until_at = {untilAt} where n = {job}"), stop);
    }

    /// <summary>Takes one that waits, or whose lease ran out; null when there is none.</summary>
    public static async Task<ImportOrder?> ClaimAsync(TenantDatabase database, long now, long leaseUntil, CancellationToken stop)
    {
        var ready = Sql.Of($"j.kind = {(int)JobKind.Import} and j.state = {0} and j.lease_until <= {now} and j.until_at > {now} and i.pieces >= 0");
        var order = await database.FirstAsync(Sql.Of(
            $"select j.n, j.id, i.who, i.client, i.issuer, i.token, i.request, i.scopes, i.home, i.pieces, j.progress from job j join job_import i on i.job = j.n where {ready} order by j.n limit 1"), r => Map(r, now), stop);
        return order is not null && await RenewAsync(database, order.Job, Sql.Of($"lease_until <= {now}"), order.Done, leaseUntil, stop) ? order : null;
    }

    /// <summary>The next piece behind one (0: any) that is not done, or null.</summary>
    public static ValueTask<ImportPiece?> NextAsync(TenantDatabase database, long job, long after, CancellationToken stop) =>
        database.FirstAsync(Sql.Of($"select k, first, bytes from job_input where job = {job} and k > {after} order by k limit 1"), r => new ImportPiece(r.GetInt64(0), r.GetInt64(1), (byte[])r.GetValue(2)), stop);

    /// <summary>A piece is done: its lines go, what was refused of them stays. False when somebody else has taken the import over.</summary>
    public static async Task<bool> DoneAsync(TenantDatabase database, long job, ImportPiece piece, IReadOnlyList<(long Line, byte[] Outcome)> refused, long held, long leaseUntil, CancellationToken stop)
    {
        await using var session = await database.BesideAsync(stop);
        if (await session.ExecuteAsync(Sql.Of($"update job set progress = {piece.Number}, lease_until = {leaseUntil} where n = {job} and lease_until = {held} and until_at > {0}"), stop) == 0) return false;
        foreach (var (line, outcome) in refused) await session.ExecuteAsync(Sql.Of($"insert into job_refused(job, line, outcome) values({job}, {line}, {outcome}) on conflict do nothing"), stop);
        await session.ExecuteAsync(Sql.Of($"delete from job_input where job = {job} and k = {piece.Number}"), stop);
        await session.CommitAsync(stop);
        return true;
    }

    /// <summary>It has come to its end, or cannot go on.</summary>
    public static async Task EndAsync(TenantDatabase database, long job, JobState state, long held, CancellationToken stop)
    {
        await using var session = await database.BesideAsync(stop);
        await session.ExecuteAsync(Sql.Of($"update job set state = {(int)state}, lease_until = {0} where n = {job} and lease_until = {held}"), stop);
        await session.CommitAsync(stop);
    }

    /// <summary>Lets go of it: another may go on at once.</summary>
    public static Task ReleaseAsync(TenantDatabase database, long job, long held) => EndAsync(database, job, JobState.Running, held, CancellationToken.None);

    /// <summary>What was refused, in the order of the lines.</summary>
    public static ValueTask<List<byte[]>> RefusedAsync(TenantDatabase database, long job, CancellationToken stop) =>
        database.QueryAsync(Sql.Of($"select outcome from job_refused where job = {job} order by line"), r => (byte[])r.GetValue(0), stop);

    /// <summary>How many pieces an import has, and whether any line was refused.</summary>
    public static ValueTask<(long Pieces, bool Refused)> StateAsync(TenantDatabase database, long job, CancellationToken stop) =>
        database.FirstAsync(Sql.Of($"select pieces, (select count(*) from (select 1 from job_refused where job = {job} limit 1) x) from job_import where job = {job}"), r => (r.GetInt64(0), r.GetInt64(1) > 0), stop);

    private static async Task<bool> RenewAsync(TenantDatabase database, long job, Sql held, long progress, long leaseUntil, CancellationToken stop)
    {
        await using var session = await database.BesideAsync(stop);
        try
        {
            var mine = await session.ExecuteAsync(Sql.Of($"update job set lease_until = {leaseUntil}, progress = {progress} where n = {job} and {held}"), stop) > 0;
            if (mine) await session.CommitAsync(stop);
            return mine;
        }
        catch (DbException failed) when (database.IsClash(failed))
        {
            return false;   // another node took it at the same moment
        }
    }

    private static ImportOrder Map(DbDataReader r, long now)
    {
        string? Text(int column) => r.IsDBNull(column) ? null : r.GetString(column);
        var by = AccessContext.Integrator(r.GetString(2), Text(3), Scopes.Parse(r.GetString(7)), now) with { Issuer = Text(4), TokenId = Text(5), Request = Text(6) };
        return new(r.GetInt64(0), r.GetString(1), by, Text(8) is { } home ? new("Organization", home) : null, r.GetInt64(9), r.GetInt64(10));
    }
}
