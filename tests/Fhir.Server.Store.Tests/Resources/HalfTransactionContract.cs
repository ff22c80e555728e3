using System.Data.Common;
using System.Text.Json.Nodes;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Resources;

namespace Fhir.Server.Store.Tests.Resources;

/// <summary>The database refuses in the middle of a transaction: all or nothing.</summary>
public abstract class HalfTransactionContract
{
    private static readonly string[] Tables = ["body", "res", "res_hist", "ix_tok", "ix_ref", "ix_str", "audit_write", "commits"];

    protected abstract Task<TenantDatabase> EmptyAsync();
    protected abstract IReadOnlyList<string> Break(string table);
    protected abstract string Mend(string table);

    [Fact]
    public async Task A8_A_transaction_that_fails_in_whatever_table_leaves_nothing_and_works_when_it_is_sent_again()
    {
        await using var store = await TestStore.OpenAsync(await EmptyAsync());
        await store.DoAsync(TestStore.Put("Patient", "p1", Named("Before")));
        var before = await CountsAsync(store);
        foreach (var table in Tables)
        {
            await DoAsync(store, Break(table));
            await Assert.ThrowsAnyAsync<DbException>(() => SendAsync(store));
            Assert.Equal(before, await CountsAsync(store));
            Assert.Equal("Before", (string?)(await store.ReadAsync("Patient", "p1"))["name"]![0]!["family"]);
            await DoAsync(store, [Mend(table)]);
        }
        Assert.Equal([WriteOutcome.Updated, WriteOutcome.Created, WriteOutcome.Created], await SendAsync(store));
        Assert.Equal("After", (string?)(await store.ReadAsync("Patient", "p1"))["name"]![0]!["family"]);
        Assert.Equal((3, 2), (await store.CountAsync("res where live = 1"), await store.CountAsync("commits")));
    }

    // An update, a file and what refers to both.
    private static async Task<WriteOutcome[]> SendAsync(TestStore store)
    {
        var file = TestStore.New("Binary", b => (b["contentType"], b["data"]) = ("text/plain", "aGFsZg=="));
        var document = TestStore.New("DocumentReference", d =>
        {
            (d["status"], d["subject"]) = ("current", new JsonObject { ["reference"] = "Patient/p1" });
            d["content"] = new JsonArray(new JsonObject { ["attachment"] = new JsonObject { ["url"] = $"Binary/{file.Key.Id}" } });
        });
        var answer = await store.Store.CommitAsync([TestStore.Put("Patient", "p1", Named("After")), file, document], TestStore.Everyone, default);
        Assert.False(answer.Failed(out var issue, out var written), issue?.Text);
        return [.. written!.Select(w => w.Outcome)];
    }

    private static Action<JsonObject> Named(string name) => p => p["name"] = new JsonArray(new JsonObject { ["family"] = name });

    private static async Task<string> CountsAsync(TestStore store)
    {
        var counts = new List<long>();
        foreach (var table in Tables) counts.Add(await store.CountAsync(table));
        return string.Join(' ', counts);
    }

    private static async Task DoAsync(TestStore store, IReadOnlyList<string> statements)
    {
        await using var session = await store.Database.BesideAsync(default);
        foreach (var text in statements) await session.ExecuteAsync(Sql.Raw(text), default);
        await session.CommitAsync(default);
    }
}

public sealed class HalfTransactionsOnSqlite : HalfTransactionContract
{
    protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.SqliteAsync();
    protected override IReadOnlyList<string> Break(string table) => [$"create trigger broken after insert on {table} begin select raise(abort, 'broken'); end"];
    protected override string Mend(string table) => "drop trigger broken";
}

public sealed class HalfTransactionsOnPostgres : HalfTransactionContract
{
    protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.PostgresAsync();

    protected override IReadOnlyList<string> Break(string table) =>
    [
        "create or replace function broken() returns trigger language plpgsql as 'begin raise exception using errcode = ''22000''; end'",
        $"create trigger broken after insert on {table} for each statement execute function broken()",
    ];

    protected override string Mend(string table) => $"drop trigger broken on {table}";
}
