using System.Security.Cryptography;
using Fhir.Server.Api.Blobs;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Tests;

namespace Fhir.Server.Api.Tests.Blobs;

/// <summary>One database, one key for its attachments.</summary>
public abstract class BlobKeyContract
{
    protected abstract Task<TenantDatabase> EmptyAsync();

    private async Task<TenantDatabase> MigratedAsync()
    {
        var database = await EmptyAsync();
        await database.MigrateAsync([.. Migration.In(typeof(TenantDatabase).Assembly), .. Migration.In(typeof(FhirApi).Assembly)], default);
        return database;
    }

    private static BlobKey NewKey()
    {
        var file = Path.GetTempFileName();
        File.WriteAllBytes(file, RandomNumberGenerator.GetBytes(32));
        var key = BlobKey.For(new ApiSettings { DataFolder = Path.GetTempPath(), BlobKeyFile = file });
        File.Delete(file);
        return key;
    }

    [Fact]
    public async Task The_first_key_is_the_databases_and_another_is_refused()
    {
        await using var database = await MigratedAsync();
        var (first, other) = (NewKey(), NewKey());
        for (var i = 0; i < 2; i++)
        {
            Assert.Null(await BlobKeyCheck.RefusedAsync(database, first, default));
            Assert.NotNull(await BlobKeyCheck.RefusedAsync(database, other, default));
        }
        Assert.Equal(32L, await database.FirstAsync(Sql.Raw("select length(value) from setting where name = 'attachments-key'"), r => r.GetInt64(0), default));
    }

    [Fact]
    public async Task In_a_database_without_the_mark_the_attachments_tell_whose_it_is()
    {
        await using var database = await MigratedAsync();
        var (first, other) = (NewKey(), NewKey());
        await new BlobStore(database, first, TimeProvider.System).PutAsync("a letter"u8.ToArray(), default);
        Assert.NotNull(await BlobKeyCheck.RefusedAsync(database, other, default));
        Assert.Null(await BlobKeyCheck.RefusedAsync(database, first, default));
    }
}

public sealed class BlobKeyOnSqlite : BlobKeyContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.SqliteAsync(); }
public sealed class BlobKeyOnPostgres : BlobKeyContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.PostgresAsync(); }
