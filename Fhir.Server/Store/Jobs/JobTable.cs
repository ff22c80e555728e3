using System.Data.Common;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Jobs;

/// <summary>The jobs: made, found by who started them and nobody else, done under a lease, taken away when their time is over.</summary>
public static class JobTable
{
    private static readonly Sql Select = Sql.Raw("select j.n, j.id, j.kind, j.owner, j.request, j.made_at, j.until_at, j.as_of, j.state, j.progress, j.elements from job j");

    /// <summary>Puts it in, and tells its number.</summary>
    public static ValueTask<long> AddAsync(Session session, Job job, CancellationToken stop) => session.FirstAsync(Sql.Of(
        $"""
        insert into job(id, kind, owner, request, made_at, until_at, as_of, state, progress, lease_until, elements)
        values({job.Id}, {(int)job.Kind}, {job.Owner}, {job.Request}, {job.MadeAt}, {job.UntilAt}, {job.AsOf}, {(int)job.State}, {job.Progress}, {0}, {job.Elements}) returning n
        """), r => r.GetInt64(0), stop);

    /// <summary>The job of that owner; somebody else's, and one whose time is over, is not there.</summary>
    public static ValueTask<Job?> FindAsync(TenantDatabase database, string id, string owner, long now, CancellationToken stop) =>
        database.FirstAsync(Sql.Of($"{Select} where j.id = {id} and j.owner = {owner} and j.until_at > {now}"), Map, stop);

    /// <summary>How many jobs of an owner are kept.</summary>
    public static ValueTask<long> CountAsync(TenantDatabase database, string owner, long now, CancellationToken stop) =>
        database.FirstAsync(Sql.Of($"select count(*) from job where owner = {owner} and until_at > {now}"), r => r.GetInt64(0), stop);

    /// <summary>It ends now: nobody finds it any more, and its rows go with the next sweep.</summary>
    public static async ValueTask EndAsync(Session session, long n, CancellationToken stop) =>
        await session.ExecuteAsync(Sql.Of($"update job set until_at = {0} where n = {n}"), stop);

    /// <summary>Takes away some rows of jobs whose time is over; false when there is nothing left to take.</summary>
    public static async Task<bool> SweepAsync(TenantDatabase database, long now, CancellationToken stop)
    {
        const int some = 10_000;
        var over = await database.FirstAsync(Sql.Of($"select n from job where until_at <= {now} order by n limit 1"), r => r.GetInt64(0), stop);
        if (over == 0) return false;
        await using var session = await database.BesideAsync(stop);
        var items = await session.ExecuteAsync(Sql.Of($"delete from job_item where job = {over} and k < (select min(k) from job_item where job = {over}) + {some}"), stop);
        if (items == 0)
            foreach (var table in (string[])["job_input where job", "job_refused where job", "job_import where job", "job_batch where job", "job where n"]) await session.ExecuteAsync(Sql.Of($"delete from {Sql.Raw(table)} = {over}"), stop);
        await session.CommitAsync(stop);
        return true;
    }

    private static Job Map(DbDataReader r) => new()
    {
        N = r.GetInt64(0), Id = r.GetString(1), Kind = (JobKind)r.GetInt32(2), Owner = r.GetString(3), Request = r.GetString(4), MadeAt = r.GetInt64(5),
        UntilAt = r.GetInt64(6), AsOf = r.GetInt64(7), State = (JobState)r.GetInt32(8), Progress = r.GetInt64(9), Elements = r.GetString(10),
    };
}
