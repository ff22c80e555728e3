using System.Globalization;
using System.Text.Json.Nodes;
using Benchmarks;
using Scenarios.Stage;

namespace Crash;

public sealed class DeliveryKillTests
{
    private const int Summaries = 12;

    [Fact]
    public async Task A_practice_system_killed_in_the_middle_of_deliveries_gets_each_summary_once()
    {
        using var port = new HeldPort();
        var inbox = Directory.CreateTempSubdirectory("samenspraak-inbox-").FullName;
        var folder = Directory.CreateTempSubdirectory("samenspraak-crash-").FullName;
        await using var server = await ServerProcess.StartAsync(folder, port.Mllp);
        using var clinician = await server.ClientAsync("dr.jansen");
        using var stop = new CancellationTokenSource();
        var simulator = RunAndKillAsync(port.Number, inbox, stop.Token);
        for (var i = 0; i < Summaries; i++) await CloseOneAsync(clinician);
        await WaitUntilAllAcceptedAsync(clinician);
        await stop.CancelAsync();
        await simulator;
        var received = Directory.GetFiles(inbox, "*.hl7");
        Assert.Equal(Summaries, received.Length);
        Assert.Equal(Summaries, received.Select(f => File.ReadAllText(f).Split('\r').First(s => s.StartsWith("OBR|", StringComparison.Ordinal)).Split('|')[3]).Distinct(StringComparer.Ordinal).Count());
        await server.KillAsync();
        foreach (var done in new[] { folder, inbox }) Directory.Delete(done, recursive: true);
    }

    private static async Task CloseOneAsync(HttpClient clinician)
    {
        var thread = await KillTests.OpenThreadAsync(clinician);
        var closed = await Http.SendAsync(clinician, HttpMethod.Post, $"/fhir/Communication/{thread}/$close-thread", Http.Parameters(Http.Text("summary", "Afgesproken: controle bij toename.")));
        Assert.Equal("completed", (string?)closed!["status"]);
    }

    // Alive for a moment, then killed without warning, again and again; alive for good once everything has been closed.
    private static async Task RunAndKillAsync(int port, string inbox, CancellationToken stop)
    {
        var random = new Random(port);
        for (var turn = 0; !stop.IsCancellationRequested; turn++)
        {
            await using var simulator = RunningProcess.Start(Path.Combine(Checkout.Root, "samples/practice-system/run"), ["--mllp-port", port.ToString(CultureInfo.InvariantCulture), "--folder", inbox]);
            await simulator.LineAsync("practice system listening");
            try
            {
                await Task.Delay(turn < 6 ? random.Next(50, 600) : Timeout.Infinite, stop);
            }
            catch (OperationCanceledException)
            {
                // Done: the last one goes too.
            }
        }
    }

    private static async Task WaitUntilAllAcceptedAsync(HttpClient clinician)
    {
        // They wait for each other (one patient), and after a third failure two minutes: a slow machine may see several.
        await Eventually.Async(async () => (await Http.EntriesAsync(clinician, "/fhir/Communication/$inbox?_count=100")).SelectMany(Deliveries).Count(s => s == "accepted"),
            accepted => accepted == Summaries, "the deliveries", seconds: 800);
    }

    private static IEnumerable<string?> Deliveries(JsonNode header) => (header["extension"]?.AsArray() ?? [])
        .Where(e => ((string)e!["url"]!).EndsWith("/delivery", StringComparison.Ordinal))
        .Select(e => (string?)e!["extension"]!.AsArray().First(x => (string?)x!["url"] == "state")!["valueCode"]);}
