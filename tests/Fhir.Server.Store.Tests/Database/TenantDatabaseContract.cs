using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Tests.Database;

public abstract class TenantDatabaseContract
{
    private static readonly IReadOnlyList<Migration> Migrations = Migration.In(typeof(TenantDatabase).Assembly);
    protected abstract Task<TenantDatabase> EmptyAsync();

    private async Task<TenantDatabase> MigratedAsync()
    {
        var database = await EmptyAsync();
        await database.MigrateAsync(Migrations, default);
        return database;
    }

    [Fact]
    public async Task What_was_not_committed_is_not_there()
    {
        await using var database = await MigratedAsync();
        await using (var session = await database.WriteAsync(default))
            await session.ExecuteAsync(Sql.Of($"insert into setting(name, value) values({"a"}, {new byte[] { 1 }})"), default);
        Assert.Equal(0, await database.FirstAsync(Sql.Raw("select count(*) from setting"), r => r.GetInt64(0), default));
    }

    [Fact]
    public async Task A_hole_is_a_parameter_and_never_text()
    {
        await using var database = await MigratedAsync();
        const string evil = "x'); drop table setting; --";
        await using (var session = await database.WriteAsync(default))
        {
            await session.ExecuteAsync(Sql.Of($"insert into setting(name, value) values({evil}, {new byte[] { 1 }})"), default);
            await session.CommitAsync(default);
        }
        Assert.Equal(evil, await database.FirstAsync(Sql.Of($"select name from setting where name = {evil}"), r => r.GetString(0), default));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(1000)]
    public async Task Bulk_rows_arrive_with_their_nulls(int count)
    {
        await using var database = await MigratedAsync();
        var table = new Table("audit_write", [.. "n t at act typ ver flags patient".Split(' ').Select(n => new Column(n, ColumnKind.Long)), new("agent", ColumnKind.Bytes), new("request", ColumnKind.Text), new("fid", ColumnKind.Text), new("body", ColumnKind.Bytes)]);
        await using (var session = await database.WriteAsync(default))
        {
            await session.InsertAsync(table, [.. Enumerable.Range(0, count).Select(i => new object?[] { (long)i, (long)i, 2L, 3L, 4L, 5L, 6L, i % 2 == 0 ? null : 7L, new byte[] { 8 }, "é€", "b", i % 2 == 0 ? null : new byte[] { 9 } })], default);
            await session.CommitAsync(default);
        }
        var rows = await database.QueryAsync(Sql.Raw("select patient, request, body from audit_write order by t"), r => (r.IsDBNull(0), r.GetString(1), r.IsDBNull(2)), default);
        Assert.Equal(count, rows.Count);
        Assert.All(rows, row => Assert.Equal("é€", row.Item2));
        Assert.Equal((count + 1) / 2, rows.Count(row => row.Item1 && row.Item3));
    }

    [Fact]
    public async Task A_list_of_any_length_finds_exactly_its_members()
    {
        await using var database = await MigratedAsync();
        await using var session = await database.WriteAsync(default);
        foreach (var n in Enumerable.Range(1, 9)) await session.ExecuteAsync(Sql.Of($"insert into param(p, name) values({n}, {n.ToString(System.Globalization.CultureInfo.InvariantCulture)})"), default);
        foreach (long[] wanted in new long[][] { [], [3], [1, 2, 9], [1, 2, 3, 4, 5, 6, 7] })
            Assert.Equal(wanted, await session.QueryAsync(Sql.Of($"select p from param where {Sql.In("p", wanted)} order by p"), r => r.GetInt64(0), default));
    }

    [Fact]
    public async Task Migrations_run_once_and_a_newer_schema_is_refused()
    {
        await using var database = await MigratedAsync();
        await database.MigrateAsync(Migrations, default);
        var newer = await Assert.ThrowsAsync<NewerSchemaException>(() => database.MigrateAsync([.. Migrations.Skip(1)], default));
        Assert.Contains("001_resources", newer.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sealed_token_opens_only_for_its_purpose_and_unchanged()
    {
        await using var database = await MigratedAsync();
        var seal = await Seal.LoadAsync(database, default);
        var token = seal.Close("page", [1, 2, 3]);
        Assert.Equal([1, 2, 3], seal.Open("page", token)!);
        Assert.Null(seal.Open("hub", token));
        Assert.Null(seal.Open("page", (token[0] == 'A' ? "B" : "A") + token[1..]));
        Assert.Null(seal.Open("page", "no token at all"));
        Assert.Equal([1, 2, 3], (await Seal.LoadAsync(database, default)).Open("page", token)!);
    }
}

public sealed class DatabaseOnSqlite : TenantDatabaseContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.SqliteAsync(); }
public sealed class DatabaseOnPostgres : TenantDatabaseContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.PostgresAsync(); }
