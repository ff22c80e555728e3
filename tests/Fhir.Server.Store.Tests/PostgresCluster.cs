using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Fhir.Server.Store.Tests;

/// <summary>PostgreSQL for tests and benchmarks: the cluster named by SAMENSPRAAK_PG, or a private one started once per process (unprivileged user, temporary folder).</summary>
public static class PostgresCluster
{
    private static readonly Lazy<string> Cluster = new(Start);
    private static string? Given => Environment.GetEnvironmentVariable("SAMENSPRAAK_PG") is { Length: > 0 } given ? given : null;

    public static bool CanStart => Given is not null || Programs() is not null;

    /// <summary>The connection string of a new, empty database.</summary>
    public static async Task<string> NewDatabaseAsync()
    {
        var name = $"t_{Guid.NewGuid():N}";
        await using var admin = new NpgsqlConnection(Cluster.Value);
        await admin.OpenAsync();
        await using (var create = new NpgsqlCommand($"create database {name}", admin)) await create.ExecuteNonQueryAsync();
        return new NpgsqlConnectionStringBuilder(Cluster.Value) { Database = name, Pooling = true, MaxPoolSize = 40 }.ConnectionString;
    }

    private static string? Programs() => Directory.Exists("/usr/lib/postgresql")
        ? Directory.GetDirectories("/usr/lib/postgresql").OrderDescending().Select(d => Path.Combine(d, "bin")).FirstOrDefault(d => File.Exists(Path.Combine(d, "initdb")))
        : null;

    private static string Start()
    {
        if (Given is { } given) return given;
        var bin = Programs() ?? throw new InvalidOperationException("PostgreSQL is not installed.");
        var folder = Directory.CreateTempSubdirectory("samenspraak-pg-").FullName;
        var port = FreePort();
        var asUser = Environment.UserName == "root" ? "runuser -u postgres -- " : "";
        if (asUser.Length > 0) Run($"chown postgres {folder}");
        Run($"{asUser}{bin}/initdb -D {folder}/data -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync");
        Run($"{asUser}{bin}/pg_ctl -D {folder}/data -w -l {folder}/log -o \"-p {port} -h 127.0.0.1 -k {folder} -c fsync=off -c max_connections=300\" start");
        // Not waited for: removing many databases can take longer than a test run may take to exit.
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Run($"({asUser}{bin}/pg_ctl -D {folder}/data -m immediate stop; rm -rf {folder}) >/dev/null 2>&1 </dev/null &");
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
