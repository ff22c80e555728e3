using System.Security.Cryptography;
using Scenarios.Stage;

namespace Scenarios;

/// <summary>Two servers on one database.</summary>
public sealed class TwoNodes
{
    [Fact]
    public async Task They_start_at_once_on_an_empty_database_and_when_one_is_killed_the_other_goes_on()
    {
        var cluster = Environment.GetEnvironmentVariable("SAMENSPRAAK_PG");
        Assert.SkipWhen(cluster is null or "", "No PostgreSQL here: ./test starts one when Debian's postgresql is installed.");
        var key = Path.GetTempFileName();
        await File.WriteAllBytesAsync(key, RandomNumberGenerator.GetBytes(32));
        string[] database = ["--Database:Provider=postgres", $"--Database:ConnectionString={await OnPostgres.NewDatabaseAsync(cluster!)}"];
        string[] settings = [.. database, $"--Attachments:KeyFile={key}"];
        var nodes = await Task.WhenAll(Clinic.OpenAsync(settings), Clinic.OpenAsync(settings));
        await using var here = nodes[0];
        await using var there = nodes[1];
        foreach (var node in nodes) Assert.Equal(12, (await (await node.DrJansen).GetAsync("Patient?_summary=count")).Must(200).Json.GetProperty("total").GetInt32());

        var devries = await there.DrDeVries;
        await using var hub = await HubLine.OpenAsync(devries);
        await hub.ResumeAsync(null);
        var thread = (await (await here.DrJansen).OpenThreadAsync("Patient/patient-01", devries, "Rug", "Vraag.")).Must(201).Key;
        Assert.Equal(thread, (await hub.PushedAsync("thread")).GetProperty("thread").GetString());

        await here.KillAsync();
        Assert.Single(await (await there.DrJansen).MessagesAsync(thread));
        (await (await there.DrJansen).OpenThreadAsync("Patient/patient-01", devries, "Knie", "Vraag.")).Must(201);
        foreach (var node in nodes)
        {
            var (code, said) = await node.CommandAsync("verify-audit");
            Assert.True(code == 0, said);
        }

        // A third one that would encrypt attachments with a key of its own does not start.
        var folder = Directory.CreateTempSubdirectory("samenspraak-third-").FullName;
        await using (var third = RunningProcess.Start("dotnet", [Checkout.Host, "--urls", "http://127.0.0.1:0", $"--Data:Folder={folder}", .. database]))
        {
            Assert.Equal(1, await third.ExitAsync());
            Assert.StartsWith("The attachments in this database are encrypted with another key", Assert.Single(third.Said.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        }
        Directory.Delete(folder, recursive: true);
        File.Delete(key);
    }
}
