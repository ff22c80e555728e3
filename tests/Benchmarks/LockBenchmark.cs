using System.Diagnostics;
using System.Globalization;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Tests;

namespace Benchmarks;

/// <summary>The commit lock of PostgreSQL under two processes: what the second one costs, and that their commits stand in one gapless order.</summary>
internal static class LockBenchmark
{
    public static async Task RunAsync()
    {
        if (!PostgresCluster.CanStart)
        {
            Report.Line("commit lock, PostgreSQL", "not measured", "PostgreSQL is not installed");
            return;
        }
        Report.Line("commit lock, PostgreSQL", "creates/s, 1 process of 32 writers", await TogetherAsync(1));
        Report.Line("commit lock, PostgreSQL", "creates/s, 2 processes of 32 writers", await TogetherAsync(2));
    }

    private static async Task<double> TogetherAsync(int processes)
    {
        var connection = await PostgresCluster.NewDatabaseAsync();
        await using var database = PostgresDatabase.Open(connection);
        await StoreBenchmark.MigrateAsync(database);
        var counts = await Task.WhenAll(Enumerable.Range(0, processes).Select(_ => ChildAsync(connection)));
        var (rows, last) = await database.FirstAsync(Sql.Raw("select count(*), max(t) from commits"), r => (r.GetInt64(0), r.GetInt64(1)), default);
        if (rows != last) throw new InvalidOperationException($"{last - rows} commit numbers are missing.");
        return counts.Sum();
    }

    private static async Task<double> ChildAsync(string connection)
    {
        using var child = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["lock-child", connection]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        var text = await child.StandardOutput.ReadToEndAsync();
        await child.WaitForExitAsync();
        return double.Parse(text, CultureInfo.InvariantCulture);
    }

    /// <summary>What each process does: prints its creates per second.</summary>
    public static async Task ChildMainAsync(string connection)
    {
        await using var database = PostgresDatabase.Open(connection);
        await using var store = await StoreBenchmark.OpenAsync(database);
        var (perSecond, _) = await StoreBenchmark.CreatesAsync(store, writers: 32, seconds: 6);
        await Console.Out.WriteAsync(perSecond.ToString(CultureInfo.InvariantCulture));
    }
}
