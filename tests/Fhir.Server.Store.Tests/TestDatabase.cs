using System.Diagnostics;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Tests;

/// <summary>New, empty databases of both kinds.</summary>
public static class TestDatabase
{
    private static readonly Lazy<string> Folder = new(() =>
    {
        var folder = Directory.CreateTempSubdirectory("samenspraak-test-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Process.Start("rm", ["-rf", folder]).Dispose();   // not waited for, and no matter if something is left
        return folder;
    });

    public static Task<TenantDatabase> SqliteAsync() => SqliteAsync(null);
    public static Task<TenantDatabase> SqliteAsync(TimeSpan? queryTime) =>
        Task.FromResult<TenantDatabase>(SqliteDatabase.Open(Path.Combine(Folder.Value, Guid.NewGuid().ToString("N")), queryTime));

    public static async Task<TenantDatabase> PostgresAsync() => await PostgresAsync(null);
    public static async Task<TenantDatabase> PostgresAsync(TimeSpan? queryTime) => PostgresDatabase.Open(await PostgresConnectionAsync(), queryTime);

    /// <summary>The connection string of a new, empty PostgreSQL database.</summary>
    public static async Task<string> PostgresConnectionAsync()
    {
        if (!PostgresCluster.CanStart) Assert.Skip("PostgreSQL is not installed (Debian: apt install postgresql).");
        return await PostgresCluster.NewDatabaseAsync();
    }
}
