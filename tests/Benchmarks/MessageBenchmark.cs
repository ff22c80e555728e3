using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Benchmarks;

/// <summary>Message sent → seen by the other client: she is woken by the hub, fetches with $messages and has the text. Open loop: what is late counts from when it should have been sent.</summary>
internal static class MessageBenchmark
{
    private const int Threads = 10, PerSecond = 200, Seconds = 20, WarmSeconds = 5;   // what is sent while the server warms up is not counted

    public static async Task RunAsync(ServerProcess server)
    {
        using var sender = await server.ClientAsync("dr.jansen");
        using var reader = await server.ClientAsync("dr.bakker");
        var threads = new List<string>();
        for (var i = 0; i < Threads; i++) threads.Add(await OpenAsync(sender));
        var due = new Dictionary<string, long>(StringComparer.Ordinal);
        var latencies = new List<double>();
        using var stop = new CancellationTokenSource();
        var listening = ListenAsync(server, reader, due, latencies, stop.Token);
        await Task.Delay(500);
        await SendAllAsync(sender, threads, due);
        for (var i = 0; i < 100 && Count(latencies) < PerSecond * Seconds; i++) await Task.Delay(100);
        await stop.CancelAsync();
        await listening;
        var sorted = latencies.Order().ToList();
        if (sorted.Count != PerSecond * Seconds) throw new InvalidOperationException($"{(PerSecond * Seconds) - sorted.Count} messages were not seen.");
        Report.Line("messages", $"sent → seen at {PerSecond}/s, p50 ms", sorted[sorted.Count / 2]);
        Report.Line("messages", $"sent → seen at {PerSecond}/s, p99 ms", sorted[sorted.Count * 99 / 100]);
    }

    private static int Count(List<double> latencies)
    {
        lock (latencies) return latencies.Count;
    }

    private static async Task<string> OpenAsync(HttpClient sender)
    {
        var parameters = Parameters(
            new() { ["name"] = "subject", ["valueReference"] = new JsonObject { ["reference"] = "Patient/patient-01" } },
            new() { ["name"] = "recipient", ["valueReference"] = new JsonObject { ["reference"] = "PractitionerRole/dr.bakker" } },
            new() { ["name"] = "topic", ["valueString"] = "Benchmark" },
            new() { ["name"] = "category", ["valueCode"] = "advice" });
        return (string)(await PostAsync(sender, "/fhir/Communication/$open-thread", parameters))["id"]!;
    }

    private static async Task SendAllAsync(HttpClient sender, List<string> threads, Dictionary<string, long> due)
    {
        var clock = Stopwatch.StartNew();
        var sending = new List<Task>();
        for (var n = 0; n < PerSecond * (WarmSeconds + Seconds); n++)
        {
            var at = TimeSpan.FromSeconds((double)n / PerSecond);
            if (at > clock.Elapsed) await Task.Delay(at - clock.Elapsed);
            var id = Guid.NewGuid().ToString();
            if (n >= PerSecond * WarmSeconds)
                lock (due) due[id] = Stopwatch.GetTimestamp() - (long)((clock.Elapsed - at).TotalSeconds * Stopwatch.Frequency);
            sending.Add(PostAsync(sender, $"/fhir/Communication/{threads[n % Threads]}/$send-message", Parameters(
                new() { ["name"] = "text", ["valueString"] = $"Kan hij aangepast werk doen? {n.ToString(CultureInfo.InvariantCulture)}" },
                new() { ["name"] = "client-id", ["valueString"] = id })));
        }
        await Task.WhenAll(sending);
    }

    private static async Task ListenAsync(ServerProcess server, HttpClient reader, Dictionary<string, long> due, List<double> latencies, CancellationToken stop)
    {
        using var socket = new ClientWebSocket();
        var token = reader.DefaultRequestHeaders.Authorization!.Parameter;
        await socket.ConnectAsync(new Uri($"ws://{server.Address.Authority}/hub?access_token={token}"), stop);
        await SendAsync(socket, """{"protocol":"json","version":1}""", stop);
        await SendAsync(socket, """{"type":1,"invocationId":"1","target":"Resume","arguments":[null]}""", stop);
        var have = new Dictionary<string, int>(StringComparer.Ordinal);
        var (buffer, text) = (new byte[65536], new StringBuilder());
        try
        {
            while (!stop.IsCancellationRequested)
            {
                var part = await socket.ReceiveAsync(buffer, stop);
                text.Append(Encoding.UTF8.GetString(buffer, 0, part.Count));
                var frames = text.ToString().Split('\u001e');
                text.Clear().Append(frames[^1]);
                foreach (var frame in frames[..^1].Select(f => JsonNode.Parse(f)!).Where(f => (string?)f["target"] == "thread"))
                    await FetchAsync(reader, (string)frame["arguments"]![0]!["thread"]!, have, due, latencies);
            }
        }
        catch (OperationCanceledException)
        {
            // Everything has been seen.
        }
    }

    private static async Task FetchAsync(HttpClient reader, string thread, Dictionary<string, int> have, Dictionary<string, long> due, List<double> latencies)
    {
        var text = await reader.GetStringAsync(new Uri($"/fhir/{thread}/$messages?after-seq={have.GetValueOrDefault(thread)}&_count=200", UriKind.Relative));
        var seen = Stopwatch.GetTimestamp();
        foreach (var message in JsonNode.Parse(text)!["entry"]?.AsArray() ?? [])
        {
            have[thread] = have.GetValueOrDefault(thread) + 1;
            var id = (string)message!["resource"]!["identifier"]![0]!["value"]!;
            lock (due) lock (latencies)
                if (due.TryGetValue(id, out var sent)) latencies.Add((seen - sent) * 1000.0 / Stopwatch.Frequency);
        }
    }

    private static Task SendAsync(ClientWebSocket socket, string text, CancellationToken stop) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(text + '\u001e'), WebSocketMessageType.Text, endOfMessage: true, stop);

    private static JsonObject Parameters(params JsonObject[] parameters) => new() { ["resourceType"] = "Parameters", ["parameter"] = new JsonArray([.. parameters]) };

    private static async Task<JsonNode> PostAsync(HttpClient client, string url, JsonObject body)
    {
        using var content = new StringContent(body.ToJsonString(), Encoding.UTF8, new MediaTypeHeaderValue("application/fhir+json"));
        using var answer = await client.PostAsync(new Uri(url, UriKind.Relative), content);
        var text = await answer.Content.ReadAsStringAsync();
        return answer.IsSuccessStatusCode ? JsonNode.Parse(text)! : throw new InvalidOperationException($"{url}: {(int)answer.StatusCode} {text}");
    }
}
