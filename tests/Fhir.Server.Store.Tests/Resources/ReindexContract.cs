using System.Text.Json.Nodes;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Resources;
using Fhir.Server.Store.Search;
using Fhir.Server.Store.Tests.Search;

namespace Fhir.Server.Store.Tests.Resources;

/// <summary>Index rows that are made later, while others write.</summary>
public abstract class ReindexContract
{
    private const int Many = 160;   // several chunks
    private static readonly string[] Tables = ["ix_tok", "ix_ref", "ix_date", "ix_qty", "ix_str"];

    protected abstract Task<TenantDatabase> EmptyAsync();

    private static Write Observation(int i, string words) => TestStore.Put("Observation", $"o{i:D3}", json =>
    {
        json["status"] = "final";
        json["code"] = new JsonObject { ["text"] = words };
        json["subject"] = new JsonObject { ["reference"] = $"Patient/p{i % 3}", ["display"] = "Somebody" };
        json["effectiveDateTime"] = "2026-01-02";
        json["valueQuantity"] = new JsonObject { ["value"] = i, ["unit"] = "mg" };
    });

    // As if an older version had kept no rows: all of them are dropped.
    private async Task<TestStore> OldAsync()
    {
        var store = await TestStore.OpenAsync(await EmptyAsync());
        for (var i = 0; i < Many; i++) await store.DoAsync(Observation(i, "Before"));
        await using var session = await store.Database.WriteAsync(default);
        foreach (var table in Tables) await session.ExecuteAsync(Sql.Of($"delete from {Sql.Raw(table)}"), default);
        await session.ExecuteAsync(Sql.Of($"delete from res_keys"), default);
        await session.ExecuteAsync(Sql.Of($"update res set has = 0"), default);
        await session.ExecuteAsync(Sql.Of($"delete from reindex"), default);
        await session.CommitAsync(default);
        return store.StartedAnew();
    }

    private static async Task<List<string>> RowsAsync(TestStore store)
    {
        var rows = new List<string>();
        foreach (var table in Tables) rows.Add($"{table} {await store.CountAsync(table)} {await store.Database.FirstAsync(Sql.Of($"select coalesce(sum(p * 7 + rid), 0) from {Sql.Raw(table)}"), r => Convert.ToInt64(r.GetValue(0), null), default)}");
        rows.Add($"has {await store.CountAsync("res where has <> 0")}, ixk {await store.CountAsync("res_keys")}");
        return rows;
    }

    [Fact]
    public async Task T73_Names_from_before_are_found_by_pieces_when_their_trigrams_are_made()
    {
        await using var store = await TestStore.OpenAsync(await EmptyAsync());
        await store.DoAsync(TestStore.Put("Patient", "p", json => json["name"] = new JsonArray(new JsonObject { ["family"] = "Peeters" })));
        await using (var session = await store.Database.WriteAsync(default))
        {
            foreach (var table in new[] { "ix_word", "ix_gram", "reindex" }) await session.ExecuteAsync(Sql.Of($"delete from {Sql.Raw(table)}"), default);
            await session.CommitAsync(default);
        }
        Assert.True((await store.StartedAnew().TryAsync("Patient?name:contains=eet")).Failed(out var issue, out _));
        Assert.Equal(IssueKind.Unavailable, issue.Kind);
        var other = await store.OtherNodeAsync();   // makes what is missing when it starts
        Assert.Equal(["p"], await other.FindAsync("Patient?name:contains=eet"));
    }

    [Fact]
    public async Task All_rows_that_were_dropped_are_made_anew_in_chunks_with_progress_and_a_kill_between_two_loses_nothing()
    {
        await using var fresh = await TestStore.OpenAsync(await EmptyAsync());
        for (var i = 0; i < Many; i++) await fresh.DoAsync(Observation(i, "Before"));
        await using var store = await OldAsync();
        Assert.NotEqual(await RowsAsync(fresh), await RowsAsync(store));
        await store.Reindexing().BeginAsync(IndexProgress.Newest, default);
        var (steps, last) = (1, 0L);
        while (await store.Reindexing().StepAsync(IndexProgress.Newest, default))   // each time another one: nothing is kept in memory
        {
            steps++;
            var now = await store.Database.FirstAsync(Sql.Of($"select last from reindex"), r => r.GetInt64(0), default);
            Assert.True(now > last);
            last = now;
        }
        Assert.InRange(steps, 4, 5);
        Assert.Equal(await RowsAsync(fresh), await RowsAsync(store));
        Assert.Equal(Many, (await store.FindAsync("Observation?code:text=before&date=2026&value-quantity=ge0&_count=1000")).Count);
        Assert.False(await store.Reindexing().StepAsync(IndexProgress.Newest, default));
    }

    [Fact]
    public async Task What_is_written_meanwhile_keeps_the_rows_of_its_own_commit_and_no_version_is_made()
    {
        await using var store = await OldAsync();
        var commits = await store.CountAsync("commits");
        var writing = Task.Run(async () =>
        {
            for (var i = 0; i < Many; i += 2) await store.DoAsync(Observation(i, "After"));
            for (var i = 0; i < 10; i++) await store.DoAsync(Observation(Many + i, "After"));
            await store.DoAsync(TestStore.Gone("Observation", "o001"));
        });
        await Task.WhenAll(writing, store.Reindexing().FillAsync(IndexProgress.Newest, TimeSpan.Zero, default), store.Reindexing().FillAsync(IndexProgress.Newest, TimeSpan.Zero, default));
        Assert.Equal((Many / 2) + 10, (await store.FindAsync("Observation?code:text=after&_count=1000")).Count);
        Assert.Equal((Many / 2) - 1, (await store.FindAsync("Observation?code:text=before&_count=1000")).Count);
        Assert.Equal(commits + (Many / 2) + 11, await store.CountAsync("commits"));
        Assert.Equal(WriteOutcome.Existing, (await store.DoAsync(Observation(3, "Before"))).Outcome);   // its packed rows are those of a write
    }

    [Fact]
    public async Task T80_Words_are_not_searched_before_all_of_them_are_indexed()
    {
        await using var store = await OldAsync();
        var refused = await RefusalAsync(store);
        Assert.Equal((IssueKind.Unavailable, "What words and units are searched by is still being indexed: 0 % is done."), (refused?.Kind, refused?.Text));
        await store.Reindexing().BeginAsync(IndexProgress.Newest, default);
        await store.Reindexing().StepAsync(IndexProgress.Newest, default);
        Assert.Matches(": [1-9][0-9]? % is done", (await RefusalAsync(store))?.Text);
        await store.Reindexing().FillAsync(IndexProgress.Newest, TimeSpan.Zero, default);
        Assert.Null(await RefusalAsync(store));
    }

    private static async Task<Issue?> RefusalAsync(TestStore store)
    {
        var page = (await store.TryAsync("Observation?code:text=before")).Failed(out var issue, out _) ? issue : null;
        await using var session = await store.Database.ReadAsync(snapshot: false, default);
        Assert.False(Searching.Query("Observation?code:text=before").Failed(out _, out var criteria));
        Assert.Equal(page, (await store.Search.MatchAsync(session, criteria!, TestStore.Everyone, 2, default)).Failed(out var unmatched, out _) ? unmatched : null);
        return page;
    }
}

public sealed class ReindexOnSqlite : ReindexContract
{
    protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.SqliteAsync();
}

public sealed class ReindexOnPostgres : ReindexContract
{
    protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.PostgresAsync();
}
