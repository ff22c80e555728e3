using Benchmarks;
using Microsoft.Data.Sqlite;
using Scenarios.Stage;

namespace Crash;

public sealed class KillTests
{
    internal static int Cycles => Environment.GetEnvironmentVariable("SAMENSPRAAK_LONG") == "1" ? 50 : 5;

    [Fact]
    public async Task A1_Killed_under_32_writers_the_server_loses_nothing_it_acknowledged_on_SQLite()
    {
        var folder = Directory.CreateTempSubdirectory("samenspraak-crash-").FullName;
        await KillServersAsync(folder, []);
        await using var connection = new SqliteConnection($"Data Source={Path.Combine(folder, "samenspraak.db")};Pooling=false");
        await connection.OpenAsync();
        Assert.Equal("ok", Ask(connection, "pragma integrity_check"));
        await Remains.CheckAsync(sql => Task.FromResult(Convert.ToInt64(Ask(connection, sql), System.Globalization.CultureInfo.InvariantCulture)));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A1_Killed_under_32_writers_the_server_loses_nothing_it_acknowledged_on_PostgreSQL()
    {
        await using var cluster = await Cluster.StartAsync();
        var folder = Directory.CreateTempSubdirectory("samenspraak-crash-").FullName;
        await KillServersAsync(folder, cluster.Settings);
        await Remains.CheckAsync(cluster.NumberAsync);
        Directory.Delete(folder, recursive: true);
    }

    private static async Task KillServersAsync(string folder, string[] settings)
    {
        var (random, crowd, tokens) = (Seed.New(), new Crowd(), Array.Empty<string>());
        for (var cycle = 0; cycle <= Cycles; cycle++)
        {
            await using var server = await ServerProcess.StartAsync(folder, settings: settings);
            if (tokens.Length == 0) tokens = await Task.WhenAll(server.TokenAsync("integrator"), server.TokenAsync("dr.jansen"));
            using var integrator = server.Client(tokens[0]);
            using var clinician = server.Client(tokens[1]);
            await crowd.CheckAsync(integrator, clinician);
            if (cycle == Cycles) await server.RunAsync("verify-audit");
            var killed = KillAsync(server, crowd, random.Next(700));
            await crowd.WriteAsync(integrator, clinician, () => server.Killed);
            await killed;
        }
        crowd.MustHaveWritten(Cycles * 12);
    }

    // Not before enough was written for the kill to mean something, however slow the machine is; then at any moment.
    private static async Task KillAsync(ServerProcess server, Crowd crowd, int afterMillis)
    {
        try
        {
            await crowd.HasWrittenAsync(12);
            await Task.Delay(afterMillis);
        }
        finally
        {
            await server.KillAsync();
        }
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

    private static object? Ask(SqliteConnection connection, string text)
    {
        using var command = connection.CreateCommand();
        command.CommandText = text;
        return command.ExecuteScalar();
    }
}
