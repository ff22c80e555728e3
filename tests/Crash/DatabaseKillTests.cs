using System.Net;
using Benchmarks;
using Scenarios.Stage;

namespace Crash;

public sealed class DatabaseKillTests
{
    [Fact]
    public async Task A2_Killed_under_32_writers_PostgreSQL_comes_back_and_the_server_with_it_and_nothing_acknowledged_is_lost()
    {
        await using var cluster = await Cluster.StartAsync();
        var (random, crowd) = (Seed.New(), new Crowd());
        var folder = Directory.CreateTempSubdirectory("samenspraak-crash-").FullName;
        await using var server = await ServerProcess.StartAsync(folder, settings: cluster.Settings);
        using var integrator = await server.ClientAsync("integrator");
        using var clinician = await server.ClientAsync("dr.jansen");
        for (var cycle = 0; cycle < KillTests.Cycles; cycle++)
        {
            await ServesAgainAsync(integrator);
            await crowd.CheckAsync(integrator, clinician);
            var isOver = false;
            var killed = KillAsync(cluster, crowd, integrator, random.Next(700)).ContinueWith(k => { isOver = true; return k; }, TaskScheduler.Default).Unwrap();
            await crowd.WriteAsync(integrator, clinician, () => isOver);
            await killed;
        }
        await ServesAgainAsync(integrator);
        await crowd.CheckAsync(integrator, clinician);
        await server.RunAsync("verify-audit");
        await Remains.CheckAsync(cluster.NumberAsync);
        await server.KillAsync();
        Directory.Delete(folder, recursive: true);
    }

    private static async Task KillAsync(Cluster cluster, Crowd crowd, HttpClient client, int afterMillis)
    {
        await crowd.HasWrittenAsync(12);
        await Task.Delay(afterMillis);
        await cluster.KillAsync();
        await SaysLaterAsync(client);
        await cluster.GoOnAsync();
        await crowd.HasWrittenAsync(3);
    }

    // 503 and when to come back; never a 500, and never a 200 that holds nothing. A read that is known already may still be answered.
    private static async Task SaysLaterAsync(HttpClient client)
    {
        using var answer = await client.GetAsync(new Uri("/fhir/Patient?_count=1", UriKind.Relative));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.NotNull(answer.Headers.RetryAfter);
    }

    // Lines that broke while nobody used them are noticed one by one.
    private static Task ServesAgainAsync(HttpClient client) => Eventually.Async(async () =>
    {
        for (var i = 0; i < 50; i++) if (await Http.SendAsync(client, HttpMethod.Get, "/fhir/Patient?_count=1", null) is null) return false;
        return true;
    }, served => served, "the server", seconds: 60);
}
