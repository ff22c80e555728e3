using System.Text.Json.Nodes;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Resources;
using Fhir.Server.Store.Rules;

namespace Fhir.Server.Store.Tests.Resources;

public abstract class ResourceStoreContract
{
    protected abstract Task<TenantDatabase> EmptyAsync();
    private async Task<TestStore> OpenAsync() => await TestStore.OpenAsync(await EmptyAsync());
    private static Action<JsonObject> Family(string name) => json => json["name"] = new JsonArray(new JsonObject { ["family"] = name });

    [Fact]
    public async Task A_resource_is_read_back_with_its_id_and_version()
    {
        await using var store = await OpenAsync();
        await store.DoAsync(TestStore.Put("Patient", "p1", Family("Peeters")));
        var read = await store.ReadAsync("Patient", "p1");
        Assert.Equal("""{"resourceType":"Patient","id":"p1","meta":{"versionId":"1","lastUpdated":"X"},"name":[{"family":"Peeters"}]}""",
            read.ToJsonString().Replace((string)read["meta"]!["lastUpdated"]!, "X", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_stale_update_changes_nothing()
    {
        await using var store = await OpenAsync();
        await store.DoAsync(TestStore.Put("Patient", "p1", Family("Peeters")));
        await store.DoAsync(TestStore.Put("Patient", "p1", Family("Janssens"), ifMatch: "1"));
        Assert.Equal(IssueKind.Stale, (await store.RefusedAsync(TestStore.Put("Patient", "p1", Family("Maes"), ifMatch: "1"))).Kind);
        Assert.Equal("Janssens", (string)(await store.ReadAsync("Patient", "p1"))["name"]![0]!["family"]!);
    }

    [Fact]
    public async Task A_deleted_resource_is_gone_and_its_versions_go_on_where_they_were()
    {
        await using var store = await OpenAsync();
        await store.DoAsync(TestStore.Put("Patient", "p1", Family("A")));
        Assert.Equal(WriteOutcome.Deleted, (await store.DoAsync(TestStore.Gone("Patient", "p1"))).Outcome);
        Assert.Equal(WriteOutcome.Unchanged, (await store.DoAsync(TestStore.Gone("Patient", "p1"))).Outcome);
        Assert.Equal(IssueKind.Gone, await store.ReadFailsAsync("Patient", "p1"));
        var again = await store.DoAsync(TestStore.Put("Patient", "p1", Family("B")));
        Assert.Equal((WriteOutcome.Created, 3), (again.Outcome, again.Version!.Version));
        Assert.False((await store.Store.HistoryAsync(new("Patient", new("Patient", "p1")), TestStore.Everyone, default)).Failed(out _, out var history));
        Assert.Equal([3, 2, 1], history!.Versions.Select(v => v.Version));
        Assert.True(history.Versions[1].Deleted);
        Assert.True((await store.Store.ReadVersionAsync(new(new("Patient", "p1"), "2"), TestStore.Everyone, default)).Failed(out var issue, out _));
        Assert.Equal(IssueKind.Gone, issue.Kind);
    }

    [Fact]
    public async Task A_trial_says_what_a_commit_would_say_and_leaves_nothing()
    {
        await using var store = await OpenAsync();
        await store.DoAsync(TestStore.Put("Patient", "p1", Family("Peeters")));
        Assert.Null(await store.Store.TryAsync(TestStore.Put("Patient", "p1", Family("Maes"), ifMatch: "1"), TestStore.Everyone, default));
        Assert.Null(await store.Store.TryAsync(TestStore.Gone("Patient", "p1"), TestStore.Everyone, default));
        Assert.Null(await store.Store.TryAsync(TestStore.Put("Patient", "p2", Family("New")), TestStore.Everyone, default));
        Assert.Equal(IssueKind.Stale, (await store.Store.TryAsync(TestStore.Put("Patient", "p1", Family("Maes"), ifMatch: "7"), TestStore.Everyone, default))?.Kind);
        Assert.Equal("Peeters", (string)(await store.ReadAsync("Patient", "p1"))["name"]![0]!["family"]!);
        Assert.Equal(IssueKind.NotFound, await store.ReadFailsAsync("Patient", "p2"));
        Assert.Equal(2, (await store.DoAsync(TestStore.Put("Patient", "p1", Family("Janssens"), ifMatch: "1"))).Version!.Version);
        Assert.Equal(2, await store.Database.FirstAsync(Sql.Of($"select count(*) from commits"), r => r.GetInt64(0), default));
    }

    [Fact]
    public async Task A_reference_to_what_is_not_there_reserves_it_invisibly()
    {
        await using var store = await OpenAsync();
        await store.DoAsync(TestStore.New("Observation", json =>
        {
            json["status"] = "final";
            json["code"] = new JsonObject { ["text"] = "x" };
            json["subject"] = new JsonObject { ["reference"] = "Patient/later" };
        }));
        Assert.Equal(IssueKind.NotFound, await store.ReadFailsAsync("Patient", "later"));
        Assert.Equal(WriteOutcome.Created, (await store.DoAsync(TestStore.Put("Patient", "later", Family("L")))).Outcome);
        Assert.Equal("1", (string)(await store.ReadAsync("Patient", "later"))["meta"]!["versionId"]!);
        Assert.Equal(1, await store.CountAsync("res where fid = 'later'"));
    }

    [Fact]
    public async Task A_transaction_is_all_or_nothing()
    {
        await using var store = await OpenAsync();
        await store.DoAsync(TestStore.Put("Patient", "p1", Family("A")));
        var issue = await store.RefusedAsync(TestStore.New("Patient", Family("B")), TestStore.Put("Patient", "p1", Family("C"), ifMatch: "9"));
        Assert.Equal(IssueKind.Stale, issue.Kind);
        Assert.Equal(1, await store.CountAsync("res"));
        Assert.Equal(1, await store.CountAsync("audit_write"));
        Assert.Equal(1, await store.CountAsync("body"));
    }

    [Fact]
    public async Task Writers_at_once_get_gapless_versions_and_gapless_t()
    {
        await using var store = await OpenAsync();
        await store.DoAsync(TestStore.Put("Patient", "hot", Family("0")));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async w =>
        {
            for (var i = 0; i < 20; i++)
            {
                await store.DoAsync(TestStore.Put("Patient", "hot", Family($"{w}-{i}")));
                await store.DoAsync(TestStore.New("Patient", Family($"{w}-{i}")));
            }
        }));
        Assert.Equal("161", (string)(await store.ReadAsync("Patient", "hot"))["meta"]!["versionId"]!);
        Assert.Equal(161, await store.CountAsync("res"));
        Assert.Equal(160, await store.CountAsync("res_hist"));
        Assert.Equal(await store.CountAsync("commits"), await store.Database.FirstAsync(Sql.Raw("select max(t) from commits"), r => r.GetInt64(0), default));
        Assert.Equal(321, await store.CountAsync("audit_write"));
    }

    [Fact]
    public async Task Of_many_who_name_the_same_version_one_wins()
    {
        await using var store = await OpenAsync();
        await store.DoAsync(TestStore.Put("Patient", "p", Family("0")));
        var results = await Task.WhenAll(Enumerable.Range(1, 50).Select(i => store.Store.CommitAsync([TestStore.Put("Patient", "p", Family($"{i}"), ifMatch: "1")], TestStore.Everyone, default)));
        Assert.Single(results, r => !r.Failed(out _, out _));
    }

    [Fact]
    public async Task An_announcement_that_fails_after_the_commit_does_not_write_twice()
    {
        await using var store = await TestStore.OpenAsync(await EmptyAsync(), new FailsToAnnounce());
        Assert.Equal(WriteOutcome.Created, (await store.DoAsync(TestStore.Put("Patient", "p", Family("A")))).Outcome);
        Assert.Equal("1", (string)(await store.ReadAsync("Patient", "p"))["meta"]!["versionId"]!);
        Assert.Equal(1, await store.CountAsync("audit_write"));
    }

    private sealed class FailsToAnnounce : ICommitRule
    {
        public IReadOnlySet<string> Types { get; } = new HashSet<string>(StringComparer.Ordinal) { "Patient" };
        public ValueTask<Issue?> CheckAsync(Change change, CommitScope scope, CancellationToken stop) => default;

        public ValueTask ApplyAsync(Change change, CommitScope scope, CancellationToken stop)
        {
            scope.AfterCommit(() => throw new InvalidOperationException("nobody listens"));
            return default;
        }
    }

    [Fact]
    public async Task History_pages_do_not_move_while_others_write()
    {
        await using var store = await OpenAsync();
        for (var i = 0; i < 25; i++) await store.DoAsync(TestStore.Put("Patient", $"p{i % 5}", Family($"{i}")));
        var seen = new List<string>();
        string? page = null;
        do
        {
            Assert.False((await store.Store.HistoryAsync(new("Patient", null) { Count = 7, Page = page }, TestStore.Everyone, default)).Failed(out var issue, out var history), issue?.Text);
            seen.AddRange(history!.Versions.Select(v => $"{v.Key.Id}/{v.Version}"));
            Assert.Equal(25, history.Total);
            page = history.Next;
            await store.DoAsync(TestStore.Put("Patient", "p1", Family("meanwhile")));
        }
        while (page is not null);
        Assert.Equal(25, seen.Count);
        Assert.Equal(25, seen.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public async Task Past_4096_writes_that_wait_a_writer_is_told_to_come_back()
    {
        await using var store = await OpenAsync();
        var holds = await store.Database.WriteAsync(default);
        var all = Enumerable.Range(0, 4200).Select(i => store.Store.CommitAsync([TestStore.Put("Basic", $"b{i}")], TestStore.Everyone, default)).ToList();
        var refused = all.Count(a => a.IsCompleted);
        await holds.DisposeAsync();
        var issues = (await Task.WhenAll(all)).Select(r => r.Failed(out var issue, out _) ? issue : null).OfType<Issue>().ToList();
        Assert.InRange(issues.Count, 104 - 1, 104);   // one may have been taken already
        Assert.Equal(issues.Count, refused);
        Assert.All(issues, issue => Assert.Equal((IssueKind.Unavailable, "throttled"), (issue.Kind, issue.Code)));
        Assert.Equal(4200 - issues.Count, await store.CountAsync("res"));
    }
}

public sealed class StoreOnSqlite : ResourceStoreContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.SqliteAsync(); }
public sealed class StoreOnPostgres : ResourceStoreContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.PostgresAsync(); }
