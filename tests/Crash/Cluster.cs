using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace Crash;

/// <summary>A PostgreSQL of the test's own, with fsync on, that can be killed and started again.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("samenspraak-crash-pg-").FullName, _bin;

    private Cluster(string bin) => _bin = bin;

    public string Connection => $"Host={_folder};Username=postgres;Database=record;Maximum Pool Size=40;Timeout=5";

    /// <summary>What a server is told to use it.</summary>
    public string[] Settings => ["--Database:Provider=postgres", $"--Database:ConnectionString={Connection}"];

    /// <summary>Skips the test when Debian's PostgreSQL is not installed.</summary>
    public static async Task<Cluster> StartAsync()
    {
        var bin = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").OrderDescending().Select(d => Path.Combine(d, "bin")).FirstOrDefault(d => File.Exists(Path.Combine(d, "initdb"))) : null;
        Assert.SkipWhen(bin is null, "PostgreSQL is not installed (Debian: apt install postgresql).");
        var cluster = new Cluster(bin!);
        if (Environment.UserName == "root") await RunAsync($"chown postgres {cluster._folder}");
        await cluster.AsOwnerAsync($"initdb -D {cluster._folder}/data -U postgres -A trust -E UTF8 --locale=C.UTF-8");
        await cluster.GoOnAsync();
        await using var admin = new NpgsqlConnection($"Host={cluster._folder};Username=postgres;Database=postgres;Pooling=false");
        await admin.OpenAsync();
        await using var create = new NpgsqlCommand("create database record", admin);
        await create.ExecuteNonQueryAsync();
        return cluster;
    }

    /// <summary>SIGKILL of the postmaster; its children see that it is gone and end by themselves.</summary>
    public async Task KillAsync()
    {
        using var master = Process.GetProcessById(int.Parse(File.ReadLines(Path.Combine(_folder, "data", "postmaster.pid")).First(), CultureInfo.InvariantCulture));
        master.Kill();
        await master.WaitForExitAsync();
    }

    /// <summary>Starts it; as long as children of the killed one still end, it refuses.</summary>
    public async Task GoOnAsync()
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                await AsOwnerAsync($"pg_ctl -D {_folder}/data -w -t 120 -l {_folder}/log -o \"-k {_folder} -c listen_addresses= -c fsync=on -c max_connections=100\" start");
                return;
            }
            catch (InvalidOperationException) when (tries < 100)
            {
                await Task.Delay(100);
            }
        }
    }

    public async Task<long> NumberAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(Connection + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return Convert.ToInt64(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        await AsOwnerAsync($"pg_ctl -D {_folder}/data -m immediate -w stop");
        Directory.Delete(_folder, recursive: true);
    }

    private Task AsOwnerAsync(string command) => RunAsync($"{(Environment.UserName == "root" ? "runuser -u postgres -- " : "")}{_bin}/{command}");

    private static async Task RunAsync(string command)
    {
        // Output goes nowhere: the server inherits the handles, and a pipe would keep us waiting for it.
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", command + " >/dev/null 2>&1 </dev/null"]) { WorkingDirectory = "/" })!;
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"'{command}' ended with {process.ExitCode}.");
    }
}
