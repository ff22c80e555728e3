using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using Scenarios.Stage;

namespace Fhir.Messaging.Tests.RealtimeTests;

/// <summary>A client of the hub over a plain WebSocket — https://github.com/dotnet/aspnetcore/blob/main/src/SignalR/docs/specs/HubProtocol.md</summary>
public sealed class HubClient : IAsyncDisposable
{
    private const char End = '\u001e';
    private readonly ClientWebSocket _socket = new();
    private readonly ConcurrentQueue<(string Name, JsonNode Body)> _events = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource<JsonNode>> _calls = new(StringComparer.Ordinal);
    private Task _loop = Task.CompletedTask;
    private int _next;

    public bool IsOpen => _socket.State == WebSocketState.Open && !_loop.IsCompleted;
    public IReadOnlyList<(string Name, JsonNode Body)> Events => [.. _events];

    public static async Task<HubClient> ConnectAsync(string url, string token, string? id = null)
    {
        var client = new HubClient();
        await client._socket.ConnectAsync(new($"{url.Replace("http", "ws", StringComparison.Ordinal)}/hub?access_token={token}{(id is null ? "" : $"&id={id}")}"), default);
        await client.SendAsync("""{"protocol":"json","version":1}""");
        client._loop = client.ListenAsync();
        return client;
    }

    public async Task<JsonNode> ResumeAsync(string? token)
    {
        var id = $"{Interlocked.Increment(ref _next)}";
        var answer = _calls[id] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await SendAsync(new JsonObject { ["type"] = 1, ["invocationId"] = id, ["target"] = "Resume", ["arguments"] = new JsonArray(token) }.ToJsonString());
        return await answer.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }

    /// <summary>Waits until an event of that name fits.</summary>
    public async Task<JsonNode> HearAsync(string name, Func<JsonNode, bool>? which = null)
    {
        JsonNode? Heard() => _events.FirstOrDefault(e => e.Name == name && (which is null || which(e.Body))).Body;
        return (await Eventually.Async(() => Task.FromResult(Heard()), body => body is not null, $"'{name}'"))!;
    }

    public Task ClosesAsync() => Eventually.Async(() => Task.FromResult(IsOpen), open => !open, "the end of the connection");

    private Task SendAsync(string message) => _socket.SendAsync(Encoding.UTF8.GetBytes(message + End), WebSocketMessageType.Text, true, default);

    private async Task ListenAsync()
    {
        var (buffer, text) = (new byte[65536], "");
        try
        {
            while (await _socket.ReceiveAsync(buffer.AsMemory(), default) is { MessageType: WebSocketMessageType.Text } got)
            {
                var parts = (text + Encoding.UTF8.GetString(buffer, 0, got.Count)).Split(End);
                text = parts[^1];
                foreach (var part in parts[..^1]) Take(JsonNode.Parse(part)!);
            }
        }
        catch (Exception cut) when (cut is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Cut off.
        }
    }

    private void Take(JsonNode message)
    {
        switch ((int?)message["type"])
        {
            case 1: _events.Enqueue(((string)message["target"]!, message["arguments"]![0]!)); break;
            case 3 when message["result"] is { } result: _calls[(string)message["invocationId"]!].TrySetResult(result); break;
            case 3: _calls[(string)message["invocationId"]!].TrySetException(new InvalidOperationException((string?)message["error"])); break;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Abort();
        await _loop;
        _socket.Dispose();
    }
}
