using Fhir.Server.Store.Tests.Pooled;
using Npgsql;
using Scenarios.Stage;

namespace Scenarios;

/// <summary>The same house on PostgreSQL: the cluster that ./test starts, or the one named by SAMENSPRAAK_PG.</summary>
public sealed class OnPostgres
{
    [Fact]
    public async Task It_seeds_serves_imports_and_consults()
    {
        var cluster = Environment.GetEnvironmentVariable("SAMENSPRAAK_PG");
        Assert.SkipWhen(cluster is null or "", "No PostgreSQL here: ./test starts one when Debian's postgresql is installed.");
        await ServesAsync(await NewDatabaseAsync(cluster!));
    }

    [Fact]
    public async Task The_same_with_pgbouncer_before_it() => await ServesAsync(await Pgbouncer.ConnectionAsync());

    private static async Task ServesAsync(string connection)
    {
        await using var clinic = await Clinic.OpenAsync("--Database:Provider=postgres", $"--Database:ConnectionString={connection}");
        var (jansen, devries) = (await clinic.DrJansen, await clinic.DrDeVries);
        Assert.Equal(12, (await jansen.GetAsync("Patient?_summary=count")).Must(200).Json.GetProperty("total").GetInt32());

        var file = Path.Combine(clinic.DataFolder, "one.ndjson");
        await File.WriteAllTextAsync(file, """{"resourceType":"Patient","id":"imported"}""");
        Assert.Equal(0, (await clinic.CommandAsync("import", file)).Code);
        (await jansen.GetAsync("Patient/imported")).Must(200);
        (await devries.GetAsync("Patient/imported")).Must(404);

        await using var hub = await HubLine.OpenAsync(devries);
        await hub.ResumeAsync(null);
        var thread = (await jansen.OpenThreadAsync("Patient/patient-01", devries, "Rug", "Vraag.")).Must(201).Key;
        Assert.Equal(thread, (await hub.PushedAsync("thread")).GetProperty("thread").GetString());
        Assert.Single(await devries.MessagesAsync(thread));

        await clinic.KillAsync();
        await clinic.StartAsync();
        Assert.Single(await devries.MessagesAsync(thread));
        Assert.Equal(0, (await clinic.CommandAsync("verify-audit")).Code);
    }

    internal static async Task<string> NewDatabaseAsync(string cluster)
    {
        var name = $"scenario_{Guid.NewGuid():N}";
        await using var admin = new NpgsqlConnection(cluster);
        await admin.OpenAsync();
        await using var create = new NpgsqlCommand($"create database {name}", admin);
        await create.ExecuteNonQueryAsync();
        return new NpgsqlConnectionStringBuilder(cluster) { Database = name, Pooling = true, MaxPoolSize = 20 }.ConnectionString;
    }
}
