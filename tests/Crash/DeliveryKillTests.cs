using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Benchmarks;

namespace Crash;

public sealed class DeliveryKillTests
{
    private const int Summaries = 12;

    [Fact]
    public async Task A_practice_system_killed_in_the_middle_of_deliveries_gets_each_summary_once()
    {
        var (port, inbox) = (FreePort(), Directory.CreateTempSubdirectory("samenspraak-inbox-").FullName);
        var folder = Directory.CreateTempSubdirectory("samenspraak-crash-").FullName;
        await using var server = await ServerProcess.StartAsync(folder, string.Create(CultureInfo.InvariantCulture, $"mllp://127.0.0.1:{port}"));
        using var clinician = await server.ClientAsync("dr.jansen");
        using var stop = new CancellationTokenSource();
        var simulator = RunAndKillAsync(port, inbox, stop.Token);
        for (var i = 0; i < Summaries; i++) await CloseOneAsync(clinician);
        await WaitUntilAllAcceptedAsync(clinician);
        await stop.CancelAsync();
        await simulator;
        var received = Directory.GetFiles(inbox, "*.hl7");
        Assert.Equal(Summaries, received.Length);
        Assert.Equal(Summaries, received.Select(f => File.ReadAllText(f).Split('\r').First(s => s.StartsWith("OBR|", StringComparison.Ordinal)).Split('|')[3]).Distinct(StringComparer.Ordinal).Count());
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
            using var simulator = Process.Start(new ProcessStartInfo(Path.Combine(ServerProcess.Root, "samples/practice-system/run"), ["--mllp-port", port.ToString(CultureInfo.InvariantCulture), "--folder", inbox]) { UseShellExecute = false, RedirectStandardOutput = true })!;
            await simulator.StandardOutput.ReadLineAsync(CancellationToken.None);
            try
            {
                await Task.Delay(turn < 6 ? random.Next(50, 600) : Timeout.Infinite, stop);
            }
            catch (OperationCanceledException)
            {
                // Done: the last one goes too.
            }
            simulator.Kill(entireProcessTree: true);
            await simulator.WaitForExitAsync(CancellationToken.None);
        }
    }

    private static async Task WaitUntilAllAcceptedAsync(HttpClient clinician)
    {
        var clock = Stopwatch.StartNew();
        List<string?> states;
        do
        {
            await Task.Delay(250);
            states = [.. (await Http.EntriesAsync(clinician, "/fhir/Communication/$inbox?_count=100")).SelectMany(Deliveries)];
        }
        while (clock.Elapsed < TimeSpan.FromMinutes(2) && states.Count(s => s == "accepted") < Summaries);
        Assert.Equal(Summaries, states.Count(s => s == "accepted"));
    }

    private static IEnumerable<string?> Deliveries(JsonNode header) => (header["extension"]?.AsArray() ?? [])
        .Where(e => ((string)e!["url"]!).EndsWith("/delivery", StringComparison.Ordinal))
        .Select(e => (string?)e!["extension"]!.AsArray().First(x => (string?)x!["url"] == "state")!["valueCode"]);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
