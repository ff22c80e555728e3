using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Fhir.Server.Store.Database;
using Npgsql;

namespace Fhir.Server.Store.Tests;

/// <summary>New, empty databases of both kinds; PostgreSQL's cluster is the one named by SAMENSPRAAK_PG, or a private one started once per process.</summary>
public static class TestDatabase
{
    private static readonly Lazy<Task<string>> Cluster = new(StartClusterAsync);

    public static Task<TenantDatabase> SqliteAsync() =>
        Task.FromResult<TenantDatabase>(SqliteDatabase.Open(Directory.CreateTempSubdirectory("samenspraak-test-").FullName));

    public static async Task<TenantDatabase> PostgresAsync() => PostgresDatabase.Open(await PostgresConnectionAsync());

    /// <summary>The connection string of a new, empty PostgreSQL database.</summary>
    public static async Task<string> PostgresConnectionAsync()
    {
        var cluster = await Cluster.Value;
        var name = $"t_{Guid.NewGuid():N}";
        await using var admin = new NpgsqlConnection(cluster);
        await admin.OpenAsync();
        await using (var create = new NpgsqlCommand($"create database {name}", admin)) await create.ExecuteNonQueryAsync();
        return new NpgsqlConnectionStringBuilder(cluster) { Database = name, Pooling = true, MaxPoolSize = 40 }.ConnectionString;
    }

    private static async Task<string> StartClusterAsync()
    {
        if (Environment.GetEnvironmentVariable("SAMENSPRAAK_PG") is { Length: > 0 } given) return given;
        var bin = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").OrderDescending().Select(d => System.IO.Path.Combine(d, "bin")).FirstOrDefault(d => File.Exists(System.IO.Path.Combine(d, "initdb")))
            : null;
        if (bin is null) Assert.Skip("PostgreSQL is not installed (Debian: apt install postgresql).");
        var folder = Directory.CreateTempSubdirectory("samenspraak-pg-").FullName;
        var port = FreePort();
        var asUser = Environment.UserName == "root" ? "runuser -u postgres -- " : "";
        if (asUser.Length > 0) Run($"chown postgres {folder}");
        Run($"{asUser}{bin}/initdb -D {folder}/data -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync");
        Run($"{asUser}{bin}/pg_ctl -D {folder}/data -w -l {folder}/log -o \"-p {port} -h 127.0.0.1 -k {folder} -c fsync=off -c max_connections=300\" start");
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            Run($"{asUser}{bin}/pg_ctl -D {folder}/data -m immediate stop");
            Directory.Delete(folder, recursive: true);
        };
        await Task.CompletedTask;
        return $"Host=127.0.0.1;Port={port};Username=postgres;Database=postgres;Pooling=false";
    }

    private static void Run(string command)
    {
        // Output goes nowhere: the server inherits the handles, and a pipe would keep us waiting for it.
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", command + " >/dev/null 2>&1 </dev/null"]) { WorkingDirectory = "/" })!;
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"'{command.Split(' ')[^1]}' ended with {process.ExitCode} while PostgreSQL was started.");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
