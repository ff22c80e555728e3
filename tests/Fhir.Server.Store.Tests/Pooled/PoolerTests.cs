using Fhir.Server.Store.Database;
using Fhir.Server.Store.Tests.Database;
using Fhir.Server.Store.Tests.Resources;

namespace Fhir.Server.Store.Tests.Pooled;

/// <summary>What is only so behind a pooler.</summary>
public sealed class PoolerTests
{
    [Fact]
    public async Task Behind_a_pooler_nothing_is_prepared_and_whoever_comes_many_at_once_is_served()
    {
        await using var database = await Pgbouncer.DatabaseAsync();
        var asked = Enumerable.Range(0, 16).Select(async worker =>
        {
            for (var i = 0; i < 30; i++) Assert.Equal(worker + i, await database.FirstAsync(Sql.Of($"select {worker} + {i}"), r => r.GetInt64(0), default));
        });
        await Task.WhenAll(asked);
        Assert.Equal(0, await database.FirstAsync(Sql.Raw("select count(*) from pg_prepared_statements"), r => r.GetInt64(0), default));
    }

    [Fact]
    public async Task Without_a_pooler_what_is_asked_often_is_prepared()
    {
        await using var database = await PostgresDatabase.OpenAsync(await TestDatabase.PostgresConnectionAsync(), null, default);
        for (var i = 0; i < 5; i++) await database.FirstAsync(Sql.Of($"select {i}"), r => r.GetInt64(0), default);
        Assert.InRange(await database.FirstAsync(Sql.Raw("select count(*) from pg_prepared_statements"), r => r.GetInt64(0), default), 1, 200);
    }

    [Fact]
    public async Task The_commit_lock_holds_between_houses_that_share_sessions()
    {
        var connection = await Pgbouncer.ConnectionAsync();
        await using var one = await TestStore.OpenAsync(await PostgresDatabase.OpenAsync(connection, null, default));
        await using var other = await TestStore.OpenAsync(await PostgresDatabase.OpenAsync(connection, null, default));
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => (i % 2 == 0 ? one : other).DoAsync(TestStore.New("Patient"))));
        Assert.Equal(200, await one.CountAsync("res where live = 1"));
        Assert.Equal(await one.CountAsync("commits"), await one.Database.FirstAsync(Sql.Raw("select max(t) from commits"), r => r.GetInt64(0), default));   // no number twice, and none left out
    }

    [Theory]
    [InlineData(Cut.WhileCommitting)]
    [InlineData(Cut.BeforeTheReply)]
    public async Task A6_A_commit_whose_reply_is_lost_before_a_pooler_is_there_once_and_told_so(Cut where)
    {
        await using var cutter = new CommitCutter(await Pgbouncer.ConnectionAsync());
        await using var store = await TestStore.OpenAsync(await PostgresDatabase.OpenAsync(cutter.Connection, null, default));
        cutter.CutNext(where);
        Assert.False((await store.Store.CommitAsync([TestStore.New("Patient"), TestStore.New("Patient")], TestStore.Everyone, default)).Failed(out _, out _));
        Assert.Equal((1, 2), (cutter.Cuts, await store.CountAsync("res where live = 1")));
    }

    [Fact]
    public async Task A_query_that_is_over_its_time_is_ended_and_the_session_serves_the_next()
    {
        await using var database = await Pgbouncer.DatabaseAsync(TimeSpan.FromSeconds(1));
        for (var i = 0; i < 6; i++) await Assert.ThrowsAsync<QueryTimeException>(async () => await database.FirstAsync(Sql.Raw("select 1 from pg_sleep(30)"), r => r.GetInt32(0), default));
        Assert.Equal(7, await database.FirstAsync(Sql.Of($"select {7}"), r => r.GetInt64(0), default));
    }
}
