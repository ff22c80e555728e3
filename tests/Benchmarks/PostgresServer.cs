using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace Benchmarks;

/// <summary>A PostgreSQL of its own that syncs every commit, with the settings that a deployer of 4 GB would choose; gone at the end.</summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    private const string Settings = "-c shared_buffers=1GB -c max_wal_size=4GB -c checkpoint_timeout=15min -c wal_compression=lz4 -c effective_cache_size=3GB -c random_page_cost=1.1 -c max_connections=200";
    private readonly string _folder = Directory.CreateTempSubdirectory("samenspraak-pg-").FullName, _bin;

    private PostgresServer(string bin) => _bin = bin;

    public string Connection => $"Host={_folder};Username=postgres;Database=record;Maximum Pool Size=40";

    /// <summary>Null when PostgreSQL is not installed.</summary>
    public static async Task<PostgresServer?> StartAsync()
    {
        var bin = Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql").OrderDescending().Select(d => Path.Combine(d, "bin")).FirstOrDefault(d => File.Exists(Path.Combine(d, "initdb"))) : null;
        if (bin is null) return null;
        var server = new PostgresServer(bin);
        if (Environment.UserName == "root") Run($"chown postgres {server._folder}");
        server.AsOwner($"initdb -D {server._folder}/data -U postgres -A trust -E UTF8 --locale=C.UTF-8");
        server.AsOwner($"pg_ctl -D {server._folder}/data -w -l {server._folder}/log -o \"-k {server._folder} -c listen_addresses= {Settings}\" start");
        await using var admin = new NpgsqlConnection($"Host={server._folder};Username=postgres;Database=postgres;Pooling=false");
        await admin.OpenAsync();
        await using var create = new NpgsqlCommand("create database record", admin);
        await create.ExecuteNonQueryAsync();
        return server;
    }

    /// <summary>CPU time that all its processes used so far, those that ended included.</summary>
    public TimeSpan Cpu()
    {
        var master = int.Parse(File.ReadLines(Path.Combine(_folder, "data", "postmaster.pid")).First(), CultureInfo.InvariantCulture);
        var all = Directory.GetDirectories("/proc").Select(d => ProcessTime.TryRead(Path.Combine(d, "stat"))).OfType<ProcessTime>();
        return all.Aggregate(TimeSpan.Zero, (sum, p) => p.Id == master ? sum + p.Own + p.Children : p.Parent == master ? sum + p.Own : sum);
    }

    public ValueTask DisposeAsync()
    {
        AsOwner($"pg_ctl -D {_folder}/data -m fast -w stop");
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    private void AsOwner(string command) => Run($"{(Environment.UserName == "root" ? "runuser -u postgres -- " : "")}{_bin}/{command}");

    private static void Run(string command)
    {
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", command + " >/dev/null 2>&1 </dev/null"]) { WorkingDirectory = "/" })!;
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"'{command}' ended with {process.ExitCode}.");
    }
}
