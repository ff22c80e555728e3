using System.Diagnostics;
using System.Globalization;
using Fhir.Server.Store.Database;
using Npgsql;

namespace Fhir.Server.Store.Tests.Pooled;

/// <summary>A pgbouncer in transaction mode between the tests and their PostgreSQL: few sessions for all, and each transaction gets any of them.</summary>
public static class Pgbouncer
{
    private static readonly string[] Places = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"];
    private static readonly SemaphoreSlim Turn = new(1, 1);
    private static string? _folder;

    /// <summary>A new, empty database behind it. Skips the test where it is not installed.</summary>
    public static async Task<TenantDatabase> DatabaseAsync(TimeSpan? queryTime = null) => await PostgresDatabase.OpenAsync(await ConnectionAsync(), queryTime, default);

    /// <summary>The connection string of a new, empty database behind it.</summary>
    public static async Task<string> ConnectionAsync()
    {
        Assert.SkipWhen(Program is null, "pgbouncer is not installed (Debian: apt install pgbouncer).");
        var direct = new NpgsqlConnectionStringBuilder(await TestDatabase.PostgresConnectionAsync());
        await Turn.WaitAsync();
        try
        {
            _folder ??= await StartAsync(direct);
        }
        finally
        {
            Turn.Release();
        }
        direct.Host = _folder;
        return direct.ConnectionString;
    }

    private static string? Program => Places.FirstOrDefault(File.Exists);

    private static async Task<string> StartAsync(NpgsqlConnectionStringBuilder to)
    {
        var folder = Directory.CreateTempSubdirectory("samenspraak-pgbouncer-").FullName;
        var settings = Path.Combine(folder, "pgbouncer.ini");
        await File.WriteAllTextAsync(settings, string.Create(CultureInfo.InvariantCulture,
            $"""
            [databases]
            * = host={to.Host} port={to.Port} user={to.Username}
            [pgbouncer]
            pool_mode = transaction
            default_pool_size = 4
            max_client_conn = 1000
            auth_type = any
            listen_addr =
            listen_port = {to.Port}
            unix_socket_dir = {folder}
            logfile = {folder}/log
            """));
        // It does not run as root; and it ends when this process does.
        var asUser = Environment.UserName == "root" ? $"chown -R postgres {folder}; exec runuser -u postgres -- " : "exec ";
        var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"{asUser}{Program} -q {settings} >/dev/null 2>&1 </dev/null"]) { WorkingDirectory = "/" })!;
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            process.Kill(entireProcessTree: true);
            Process.Start("rm", ["-rf", folder]).Dispose();
        };
        for (var tries = 0; !File.Exists(Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $".s.PGSQL.{to.Port}"))); tries++)
        {
            if (tries == 500 || process.HasExited) throw new InvalidOperationException($"pgbouncer did not start: {(File.Exists($"{folder}/log") ? await File.ReadAllTextAsync($"{folder}/log") : "")}");
            await Task.Delay(20);
        }
        return folder;
    }
}
