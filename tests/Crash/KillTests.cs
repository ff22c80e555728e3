using System.Collections.Concurrent;
using Benchmarks;
using Microsoft.Data.Sqlite;
using Scenarios.Stage;

namespace Crash;

public sealed class KillTests
{
    private static bool Long => Environment.GetEnvironmentVariable("SAMENSPRAAK_LONG") == "1";

    [Fact]
    public async Task Killed_under_32_writers_the_server_loses_nothing_it_acknowledged()
    {
        var seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var (random, folder) = (new Random(seed), Directory.CreateTempSubdirectory("samenspraak-crash-").FullName);
        var threads = new ConcurrentDictionary<string, ConcurrentDictionary<string, int?>>(StringComparer.Ordinal);
        List<IWriter>? writers = null;
        for (var cycle = 0; cycle <= (Long ? 100 : 20); cycle++)
        {
            await using var server = await ServerProcess.StartAsync(folder);
            using var integrator = await server.ClientAsync("integrator");
            using var clinician = await server.ClientAsync("dr.jansen");
            writers ??= await WritersAsync(clinician, threads);
            foreach (var writer in writers) await writer.CheckAsync(integrator, clinician);
            foreach (var (thread, ledger) in threads) await Messenger.CheckThreadAsync(clinician, thread, ledger);
            var killed = KillAsync(server, threads, random.Next(700));
            await Task.WhenAll(writers.Select(async w => { while (!server.Killed) await w.WriteAsync(integrator, clinician); }));
            await killed;
        }
        Assert.True(threads.Values.Sum(ledger => ledger.Count) > 200, "Too little was written for the kills to mean anything.");
        CheckDatabase(Path.Combine(folder, "samenspraak.db"));
        Directory.Delete(folder, recursive: true);
    }

    // Not before enough was written for the kill to mean something, however slow the machine is; then at any moment.
    private static async Task KillAsync(ServerProcess server, ConcurrentDictionary<string, ConcurrentDictionary<string, int?>> threads, int afterMillis)
    {
        int Acknowledged() => threads.Values.Sum(ledger => ledger.Values.Count(seq => seq is not null));
        var before = Acknowledged();
        try
        {
            await Eventually.Async(() => Task.FromResult(Acknowledged()), now => now >= before + 12, "the writing", seconds: 300);
            await Task.Delay(afterMillis);
        }
        finally
        {
            await server.KillAsync();
        }
    }

    private static async Task<List<IWriter>> WritersAsync(HttpClient clinician, ConcurrentDictionary<string, ConcurrentDictionary<string, int?>> threads)
    {
        for (var i = 0; i < 3; i++) threads[await OpenThreadAsync(clinician)] = new(StringComparer.Ordinal);
        var ids = threads.Keys.ToList();
        return [.. Enumerable.Range(0, 32).Select(i => (IWriter)((i % 4) switch
        {
            0 => new Creator(),
            1 => new Updater(i),
            2 => new Transactor(),
            _ => new Messenger(ids[i / 4 % ids.Count], threads[ids[i / 4 % ids.Count]]),
        }))];
    }

    internal static async Task<string> OpenThreadAsync(HttpClient clinician)
    {
        var made = await Http.SendAsync(clinician, HttpMethod.Post, "/fhir/Communication/$open-thread", Http.Parameters(
            new() { ["name"] = "subject", ["valueReference"] = Http.Reference("Patient/patient-01") },
            new() { ["name"] = "recipient", ["valueReference"] = Http.Reference("PractitionerRole/dr.bakker") },
            Http.Text("topic", "Crash"),
            new() { ["name"] = "category", ["valueCode"] = "advice" }));
        return (string)made!["id"]!;
    }

    /// <summary>The file by itself: sound, no index row or projection without its resource, one audit row per version, t without a gap.</summary>
    private static void CheckDatabase(string file)
    {
        using var connection = new SqliteConnection($"Data Source={file}");
        connection.Open();
        Assert.Equal("ok", Scalar(connection, "pragma integrity_check"));
        foreach (var index in new[] { "ix_tok", "ix_ref", "ix_date", "ix_qty", "ix_str" })
            Assert.Equal(0L, Scalar(connection, $"select count(*) from {index} i where not exists (select 1 from res r where r.rid = i.rid and r.live = 1)"));
        Assert.Equal(0L, Scalar(connection, "select count(*) from res r where r.live = 1 and not exists (select 1 from body b where b.b = r.b)"));
        Assert.Equal(Scalar(connection, "select max(t) from commits"), Scalar(connection, "select count(*) from commits"));
        Assert.Equal(Scalar(connection, "select (select count(*) from res where live >= 0) + (select count(*) from res_hist)"), Scalar(connection, "select count(*) from audit_write where act <= 3"));
        Assert.Equal(0L, Scalar(connection, "select count(*) from message m where not exists (select 1 from res r where r.rid = m.rid and r.live = 1)"));
    }

    private static object? Scalar(SqliteConnection connection, string text)
    {
        using var command = connection.CreateCommand();
        command.CommandText = text;
        return command.ExecuteScalar();
    }
}
