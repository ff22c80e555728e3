using System.Diagnostics;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Tests.Database;

/// <summary>A query ends when it is over its time, and when nobody waits for it any more; what it ran on is sound afterwards.</summary>
public abstract class QueryTimeContract
{
    // Neither ends within the life of this test; the second brings a row now and then.
    private const string Endless = "with recursive c(x) as (select cast(1 as bigint) union all select x + 1 from c where x < 9000000000000) select count(*) from c";
    private static readonly string Dripping = $"with recursive c(x) as (select cast(1 as bigint) union all select x + 1 from c where x < 9000000000000) select x, '{new string('x', 10_000)}' from c where x % 100000 = 0";

    protected abstract Task<TenantDatabase> EmptyAsync(TimeSpan queryTime);

    private async Task<TenantDatabase> MigratedAsync(TimeSpan queryTime)
    {
        var database = await EmptyAsync(queryTime);
        await database.MigrateAsync(Migration.In(typeof(TenantDatabase).Assembly), default);
        return database;
    }

    private static ValueTask<int> CountAsync(TenantDatabase database) => database.FirstAsync(Sql.Raw("select count(*) from setting"), r => r.GetInt32(0), default);
    private static ValueTask<int> AddAsync(WriteSession session, string name) => session.ExecuteAsync(Sql.Of($"insert into setting(name, value) values({name}, {new byte[] { 1 }})"), default);

    /// <summary>How many queries of this test the server still works at; where there is no server the thread that waits is the one that works.</summary>
    protected virtual Task<long> RunningAsync(TenantDatabase database) => Task.FromResult(0L);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task T136_A_query_over_its_time_is_ended_and_its_session_is_sound(bool drips)
    {
        await using var database = await MigratedAsync(TimeSpan.FromSeconds(1));
        var took = Stopwatch.StartNew();
        await using (var session = await database.ReadAsync(snapshot: false, default))
        {
            await Assert.ThrowsAsync<QueryTimeException>(async () => await session.QueryAsync(Sql.Raw(drips ? Dripping : Endless), r => r.GetInt64(0), default));
            Assert.InRange(took.Elapsed.TotalSeconds, 0.9, 15);
            Assert.Equal(1, await session.FirstAsync(Sql.Raw("select 1"), r => r.GetInt32(0), default));
        }
        Assert.Equal(0, await RunningAsync(database));
        Assert.Equal(0, await CountAsync(database));
    }

    [Fact]
    public async Task T136_The_queries_of_one_question_share_its_time()
    {
        await using var database = await MigratedAsync(TimeSpan.FromSeconds(2));
        await using var session = await database.ReadAsync(snapshot: false, default);
        session.ShareTime();
        await Task.Delay(2500, TestContext.Current.CancellationToken);
        var took = Stopwatch.StartNew();
        await Assert.ThrowsAsync<QueryTimeException>(async () => await session.FirstAsync(Sql.Raw(Endless), r => r.GetInt64(0), default));
        Assert.InRange(took.Elapsed.TotalSeconds, 0, 1.8);
    }

    [Fact]
    public async Task T136_A_query_that_nobody_waits_for_is_ended_and_its_session_is_sound()
    {
        await using var database = await MigratedAsync(TimeSpan.FromMinutes(5));
        using var hangsUp = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        await using (var session = await database.ReadAsync(snapshot: false, default))
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await session.FirstAsync(Sql.Raw(Endless), r => r.GetInt64(0), hangsUp.Token).AsTask().WaitAsync(TimeSpan.FromSeconds(30), default(CancellationToken)));
            Assert.Equal(1, await session.FirstAsync(Sql.Raw("select 1"), r => r.GetInt32(0), default));
        }
        Assert.Equal(0, await RunningAsync(database));
        Assert.Equal(0, await CountAsync(database));
    }

    [Fact]
    public async Task A_read_that_ends_a_write_session_leaves_nothing_of_it_and_the_next_one_commits()
    {
        await using var database = await MigratedAsync(TimeSpan.FromSeconds(1));
        await using (var session = await database.WriteAsync(default))
        {
            await AddAsync(session, "lost");
            await Assert.ThrowsAsync<QueryTimeException>(async () => await session.FirstAsync(Sql.Raw(Endless), r => r.GetInt64(0), default));
        }
        Assert.Equal(0, await CountAsync(database));
        await using (var session = await database.WriteAsync(default))
        {
            await AddAsync(session, "kept");
            await session.CommitAsync(default);
        }
        Assert.Equal(1, await CountAsync(database));
    }

    [Fact]
    public async Task A_change_that_is_ended_halfway_leaves_nothing_and_the_next_one_commits()
    {
        await using var database = await MigratedAsync(TimeSpan.FromSeconds(1));
        await using (var session = await database.WriteAsync(default))
        {
            await AddAsync(session, "lost");
            var change = Sql.Raw("with recursive c(x) as (select cast(1 as bigint) union all select x + 1 from c where x < 9000000000000) update setting set name = name || (select count(*) from c) returning 1");
            await Assert.ThrowsAsync<QueryTimeException>(async () => await session.FirstAsync(change, r => r.GetInt64(0), default));
        }
        await using (var session = await database.WriteAsync(default))
        {
            await AddAsync(session, "kept");
            await session.CommitAsync(default);
        }
        Assert.Equal("kept", await database.FirstAsync(Sql.Raw("select min(name) from setting"), r => r.GetString(0), default));
    }
}

public sealed class QueryTimeOnSqlite : QueryTimeContract
{
    protected override Task<TenantDatabase> EmptyAsync(TimeSpan queryTime) => TestDatabase.SqliteAsync(queryTime);

    [Fact]
    public async Task A_commit_has_no_time_and_nobody_needs_to_wait_for_it()
    {
        await using var database = await EmptyAsync(TimeSpan.FromMilliseconds(1));
        await database.MigrateAsync(Migration.In(typeof(TenantDatabase).Assembly), default);
        using var gone = new CancellationTokenSource();
        await using (var session = await database.WriteAsync(default))
        {
            await session.ExecuteAsync(Sql.Raw("with recursive c(x) as (select 1 union all select x + 1 from c where x < 200000) insert into setting(name, value) select 'n' || x, zeroblob(10) from c"), default);
            await gone.CancelAsync();
            await session.CommitAsync(gone.Token);
        }
        await using var read = await database.ReadAsync(snapshot: false, default);
        Assert.Equal(1, await read.FirstAsync(Sql.Raw("select count(*) from setting where name = 'n200000'"), r => r.GetInt32(0), default));
    }
}

public sealed class QueryTimeOnPostgres : QueryTimeContract
{
    protected override Task<TenantDatabase> EmptyAsync(TimeSpan queryTime) => TestDatabase.PostgresAsync(queryTime);

    protected override async Task<long> RunningAsync(TenantDatabase database)
    {
        for (var tries = 0; ; tries++)
        {
            var running = await database.FirstAsync(Sql.Raw("select count(*) from pg_stat_activity where datname = current_database() and state = 'active' and query like '%9000000000000%' and pid <> pg_backend_pid()"), r => r.GetInt64(0), default);
            if (running == 0 || tries == 50) return running;
            await Task.Delay(100);
        }
    }
}
