using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Tests;

/// <summary>New, empty databases of both kinds.</summary>
public static class TestDatabase
{
    public static Task<TenantDatabase> SqliteAsync() =>
        Task.FromResult<TenantDatabase>(SqliteDatabase.Open(Directory.CreateTempSubdirectory("samenspraak-test-").FullName));

    public static async Task<TenantDatabase> PostgresAsync() => PostgresDatabase.Open(await PostgresConnectionAsync());

    /// <summary>The connection string of a new, empty PostgreSQL database.</summary>
    public static async Task<string> PostgresConnectionAsync()
    {
        if (!PostgresCluster.CanStart) Assert.Skip("PostgreSQL is not installed (Debian: apt install postgresql).");
        return await PostgresCluster.NewDatabaseAsync();
    }
}
