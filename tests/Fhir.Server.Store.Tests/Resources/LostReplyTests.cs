using System.Data.Common;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Resources;
using Fhir.Server.Store.Tests.Database;
using Npgsql;

namespace Fhir.Server.Store.Tests.Resources;

/// <summary>PostgreSQL breaks off around a commit, or takes it back: what is answered is what is stored, and it is stored once.</summary>
public sealed class LostReplyTests
{
    private const int Writers = 20;
    private const string Mark = "x-cut-here";

    [Theory]
    [InlineData(Cut.BeforeCommit)]
    [InlineData(Cut.WhileCommitting)]
    [InlineData(Cut.BeforeTheReply)]
    public async Task A6_Many_who_share_a_commit_whose_reply_is_lost_are_each_written_once(Cut where)
    {
        await using var cutter = new CommitCutter(await TestDatabase.PostgresConnectionAsync());
        await using var store = await TestStore.OpenAsync(PostgresDatabase.Open(cutter.Connection));
        var others = await GatherAsync(store, () => cutter.CutNext(where, Mark));
        Assert.All(await Task.WhenAll(others), written => Assert.Equal((WriteOutcome.Created, 1), (written.Outcome, written.Version!.Version)));
        Assert.Equal(1, cutter.Cuts);
        await HasAsync(store, Writers + 1);
    }

    [Theory]
    [InlineData(Cut.WhileCommitting)]
    [InlineData(Cut.BeforeTheReply)]
    public async Task A6_A_transaction_that_was_committed_is_told_so_when_the_reply_is_lost(Cut where)
    {
        await using var cutter = new CommitCutter(await TestDatabase.PostgresConnectionAsync());
        await using var store = await TestStore.OpenAsync(PostgresDatabase.Open(cutter.Connection));
        await SlowAsync(store);
        cutter.CutNext(where);
        var answer = await store.Store.CommitAsync([TestStore.New("Patient"), TestStore.New("Patient")], TestStore.Everyone, default);
        Assert.False(answer.Failed(out _, out var written));
        Assert.All(written!, w => Assert.Equal(WriteOutcome.Created, w.Outcome));
        Assert.Equal(1, cutter.Cuts);
        await HasAsync(store, 2);
    }

    [Fact]
    public async Task A6_A_transaction_cut_off_before_its_commit_fails_and_left_nothing()
    {
        await using var cutter = new CommitCutter(await TestDatabase.PostgresConnectionAsync());
        await using var store = await TestStore.OpenAsync(PostgresDatabase.Open(cutter.Connection));
        cutter.CutNext(Cut.BeforeCommit);
        var failed = await Assert.ThrowsAnyAsync<DbException>(() => store.Store.CommitAsync([TestStore.New("Patient"), TestStore.New("Patient")], TestStore.Everyone, default));
        Assert.True(failed.IsTransient);
        await HasAsync(store, 0);
        await store.DoAsync(TestStore.New("Patient"));
        await HasAsync(store, 1);
    }

    [Theory]
    [InlineData(Cut.BeforeCommit)]
    [InlineData(Cut.BeforeTheReply)]
    public async Task A6_When_the_database_stays_away_after_a_commit_all_who_shared_it_are_told_that_nobody_knows_and_nothing_is_written_again(Cut where)
    {
        await using var cutter = new CommitCutter(await TestDatabase.PostgresConnectionAsync());
        await using var store = await TestStore.OpenAsync(PostgresDatabase.Open(cutter.Connection, patience: TimeSpan.FromSeconds(1)));
        var others = await GatherAsync(store, () => cutter.CutNext(where, Mark, staysAway: true));
        var unknown = await UnknownAsync(others);
        Assert.Equal(1, cutter.Cuts);
        cutter.ComeBack();
        await store.DoAsync(TestStore.New("Patient"));
        await HasAsync(store, where == Cut.BeforeCommit ? 2 : unknown + 2);
    }

    [Fact]
    public async Task A6_What_a_commit_that_takes_longer_than_one_waits_for_its_outcome_holds_is_not_written_again_and_what_waited_behind_it_is_written()
    {
        await using var cutter = new CommitCutter(await TestDatabase.PostgresConnectionAsync());
        await using var store = await TestStore.OpenAsync(PostgresDatabase.Open(cutter.Connection, patience: TimeSpan.FromMilliseconds(200)));
        var others = await GatherAsync(store, () => cutter.CutNext(Cut.WhileCommitting, Mark), TestStore.Put("Patient", "p1"), TestStore.Put("Patient", "p1", p => p["active"] = true));
        await UnknownAsync(others.SkipLast(1));
        Assert.Equal((WriteOutcome.Updated, 2), ((await others[^1]).Outcome, (await others[^1]).Version!.Version));
        Assert.Equal(Writers + 2, await store.CountAsync("res where live = 1"));
        Assert.Equal(Writers + 3, await store.CountAsync("body"));
    }

    [Fact]
    public async Task A6_A_transaction_whose_outcome_nobody_tells_is_not_done_again()
    {
        await using var cutter = new CommitCutter(await TestDatabase.PostgresConnectionAsync());
        await using var store = await TestStore.OpenAsync(PostgresDatabase.Open(cutter.Connection, patience: TimeSpan.FromMilliseconds(200)));
        await SlowAsync(store);
        cutter.CutNext(Cut.WhileCommitting);
        await Assert.ThrowsAsync<OutcomeUnknownException>(() => store.Store.CommitAsync([TestStore.New("Patient"), TestStore.New("Patient")], TestStore.Everyone, default));
        await store.DoAsync(TestStore.New("Patient"));
        await HasAsync(store, 3);
    }

    [Theory]
    [InlineData(Cut.BeforeTheReply, false, null, 1)]
    [InlineData(Cut.BeforeCommit, false, typeof(DbException), 0)]
    [InlineData(Cut.BeforeTheReply, true, typeof(OutcomeUnknownException), 1)]
    public async Task A6_A_numbered_commit_without_resources_says_what_became_of_it(Cut where, bool staysAway, Type? thrown, int there)
    {
        await using var cutter = new CommitCutter(await TestDatabase.PostgresConnectionAsync());
        await using var store = await TestStore.OpenAsync(PostgresDatabase.Open(cutter.Connection, patience: TimeSpan.FromSeconds(1)));
        await using (var commit = await NumberedCommit.BeginAsync(store.Database, TimeProvider.System, default))
        {
            await commit.Session.ExecuteAsync(Sql.Of($"insert into setting(name, value) values({"mine"}, {new byte[] { 1 }})"), default);
            cutter.CutNext(where, staysAway: staysAway);
            var failed = await Record.ExceptionAsync(commit.CommitAsync);
            if (thrown is null) Assert.Null(failed);
            else Assert.IsAssignableFrom(thrown, failed);
        }
        cutter.ComeBack();
        Assert.Equal((there, there), (await store.CountAsync("setting where name = 'mine'"), await store.CountAsync("commits")));
        await store.DoAsync(TestStore.New("Patient"));
        Assert.Equal(there + 1, await store.CountAsync("commits"));
    }

    [Fact]
    public async Task When_the_database_does_not_answer_all_who_wait_are_told_together_and_not_one_after_the_other()
    {
        await using var cutter = new CommitCutter(await TestDatabase.PostgresConnectionAsync());
        await using var store = await TestStore.OpenAsync(PostgresDatabase.Open(new NpgsqlConnectionStringBuilder(cutter.Connection) { Timeout = 1 }.ConnectionString, TimeSpan.FromSeconds(1)));
        cutter.FallSilent();
        var began = TimeProvider.System.GetTimestamp();
        var writers = Enumerable.Range(0, 60).Select(_ => store.DoAsync(TestStore.New("Patient"))).ToList();
        foreach (var writer in writers) Assert.True((await Assert.ThrowsAnyAsync<DbException>(() => writer)).IsTransient);
        Assert.InRange(TimeProvider.System.GetElapsedTime(began).TotalSeconds, 1, 40);
    }

    public static TheoryData<string, string> Clashes => [.. from table in new[] { "body", "res", "ix_ref", "audit_write", "commits", "deferred" } from state in new[] { "40001", "40P01" } select (table, state)];

    [Theory]
    [MemberData(nameof(Clashes))]
    public async Task A9_What_the_database_took_back_because_of_another_is_tried_again_and_stored_once(string table, string state)
    {
        await using var store = await TestStore.OpenAsync(await TestDatabase.PostgresAsync());
        await store.DoAsync(TestStore.Put("Organization", "o1"));
        await ClashAsync(store, table, state, times: 3);
        Write Sent() => TestStore.New("Patient", p => p["managingOrganization"] = new System.Text.Json.Nodes.JsonObject { ["reference"] = "Organization/o1" });
        var singles = Enumerable.Range(0, 6).Select(_ => store.DoAsync(Sent())).ToList();
        Assert.False((await store.Store.CommitAsync([Sent(), Sent()], TestStore.Everyone, default)).Failed(out _, out var together));
        Assert.All((await Task.WhenAll(singles)).Concat(together!), written => Assert.Equal((WriteOutcome.Created, 1), (written.Outcome, written.Version!.Version)));
        await HasAsync(store, 9);
    }

    [Fact]
    public async Task A9_What_clashes_again_and_again_is_given_up_as_something_to_try_later()
    {
        await using var store = await TestStore.OpenAsync(await TestDatabase.PostgresAsync());
        await ClashAsync(store, "res", "40001", times: 1000);
        var failed = await Assert.ThrowsAnyAsync<DbException>(() => store.DoAsync(TestStore.New("Patient")));
        Assert.True(failed.IsTransient);
        await HasAsync(store, 0);
    }

    // While the first one's commit goes on the others gather in one batch, which bears the mark.
    private static async Task<List<Task<Written>>> GatherAsync(TestStore store, Action cutNext, params Write[] more)
    {
        await SlowAsync(store);
        var first = store.DoAsync(TestStore.New("Patient"));
        await Task.Delay(300);
        cutNext();
        var others = Enumerable.Range(0, Writers).Select(_ => TestStore.New("Patient", p => p["language"] = Mark)).Concat(more).Select(write => store.DoAsync(write)).ToList();
        await first;
        return others;
    }

    // How many were told so. On a busy machine some wait for the batch behind the one that was cut: these are written, or surely not.
    private static async Task<int> UnknownAsync(IEnumerable<Task<Written>> writers)
    {
        var failures = new List<Exception?>();
        foreach (var writer in writers) failures.Add(await Record.ExceptionAsync(() => writer));
        Assert.All(failures, failure => Assert.True(failure is null or OutcomeUnknownException or DbException { IsTransient: true }, $"{failure}"));
        Assert.Contains(failures, failure => failure is OutcomeUnknownException);
        return failures.Count(failure => failure is OutcomeUnknownException);
    }

    private static async Task HasAsync(TestStore store, int resources)
    {
        Assert.Equal(resources, await store.CountAsync("res where live = 1"));
        Assert.Equal(resources, await store.CountAsync("body"));
        Assert.Equal(resources, await store.CountAsync("audit_write where act <= 3"));
        Assert.Equal(0, await store.CountAsync("res_hist"));
        Assert.Equal(0, await store.CountAsync("commits where t > (select count(*) from commits)"));
    }

    private static Task SlowAsync(TestStore store) => DoAsync(store,
        "create function slow() returns trigger language plpgsql as 'begin perform pg_sleep(1); return null; end'",
        "create constraint trigger slow after insert on commits deferrable initially deferred for each row execute function slow()");

    // A sequence counts what is taken back too.
    private static Task ClashAsync(TestStore store, string table, string state, int times) => DoAsync(store,
        "create sequence clashes",
        $"create function clash() returns trigger language plpgsql as $$ begin if nextval('clashes') <= {times} then raise exception using errcode = '{state}'; end if; return null; end $$",
        table == "deferred" ? "create constraint trigger clash after insert on commits deferrable initially deferred for each row execute function clash()"
            : $"create trigger clash after insert on {table} for each statement execute function clash()");

    private static async Task DoAsync(TestStore store, params string[] statements)
    {
        await using var session = await store.Database.BesideAsync(default);
        foreach (var text in statements) await session.ExecuteAsync(Sql.Raw(text), default);
        await session.CommitAsync(default);
    }
}
