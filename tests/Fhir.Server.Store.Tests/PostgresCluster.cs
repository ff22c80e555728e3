using System.Diagnostics;
using Npgsql;

namespace Fhir.Server.Store.Tests;

/// <summary>PostgreSQL for tests and benchmarks: the cluster named by SAMENSPRAAK_PG, or a private one started once per process (unprivileged user, temporary folder, no port).</summary>
public static class PostgresCluster
{
    private static readonly Lazy<string> Cluster = new(Start);
    private static string? Given => Environment.GetEnvironmentVariable("SAMENSPRAAK_PG") is { Length: > 0 } given ? given : null;

    public static bool CanStart => Given is not null || Programs() is not null;

    /// <summary>The connection string of a new, empty database.</summary>
    public static async Task<string> NewDatabaseAsync()
    {
        var name = $"t_{Guid.NewGuid():N}";
        await using var admin = new NpgsqlConnection(ConnectionTo(null));
        await admin.OpenAsync();
        await using (var create = new NpgsqlCommand($"create database {name}", admin)) await create.ExecuteNonQueryAsync();
        return ConnectionTo(name);
    }

    // The limits are for a disk that others keep busy. What a test leaves open goes soon: all tests share one server.
    private static string ConnectionTo(string? database)
    {
        var settings = new NpgsqlConnectionStringBuilder(Cluster.Value) { Timeout = 120, CommandTimeout = 300, Pooling = database is not null, MaxPoolSize = 20, ConnectionIdleLifetime = 5, ConnectionPruningInterval = 1 };
        if (database is not null) settings.Database = database;
        return settings.ConnectionString;
    }

    private static string? Programs() => Directory.Exists("/usr/lib/postgresql")
        ? Directory.GetDirectories("/usr/lib/postgresql").OrderDescending().Select(d => Path.Combine(d, "bin")).FirstOrDefault(d => File.Exists(Path.Combine(d, "initdb")))
        : null;

    private static string Start()
    {
        if (Given is { } given) return given;
        var bin = Programs() ?? throw new InvalidOperationException("PostgreSQL is not installed.");
        var folder = Directory.CreateTempSubdirectory("samenspraak-pg-").FullName;
        var asUser = Environment.UserName == "root" ? "runuser -u postgres -- " : "";
        if (asUser.Length > 0) Run($"chown postgres {folder}");
        Run($"{asUser}{bin}/initdb -D {folder}/data -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync");
        Run($"{asUser}{bin}/pg_ctl -D {folder}/data -w -l {folder}/log -t 300 -o \"-k {folder} -c listen_addresses= -c fsync=off -c max_connections=300\" start");
        // Not waited for: removing many databases can take longer than a test run may take to exit.
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Run($"({asUser}{bin}/pg_ctl -D {folder}/data -m immediate stop; rm -rf {folder}) >/dev/null 2>&1 </dev/null &");
        return $"Host={folder};Username=postgres;Database=postgres";
    }

    private static void Run(string command)
    {
        // Output goes nowhere: the server inherits the handles, and a pipe would keep us waiting for it.
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", command + " >/dev/null 2>&1 </dev/null"]) { WorkingDirectory = "/" })!;
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"'{command.Split(' ')[^1]}' ended with {process.ExitCode} while PostgreSQL was started.");
    }
}
