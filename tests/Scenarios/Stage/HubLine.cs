using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;

namespace Scenarios.Stage;

/// <summary>A connection to the hub in SignalR's JSON protocol — https://github.com/dotnet/aspnetcore/blob/main/src/SignalR/docs/specs/HubProtocol.md</summary>
public sealed class HubLine : IAsyncDisposable
{
    private const char End = '\u001e';
    private readonly ClientWebSocket _socket = new();
    private readonly Channel<JsonElement> _pushed = Channel.CreateUnbounded<JsonElement>();
    private readonly Channel<JsonElement> _completed = Channel.CreateUnbounded<JsonElement>();
    private readonly CancellationTokenSource _stop = new();
    private Task? _listening;

    public static async Task<HubLine> OpenAsync(Person person)
    {
        var line = new HubLine();
        var address = new UriBuilder(person.Server) { Scheme = "ws", Path = "/hub", Query = $"access_token={person.Token}" };
        if (person.Host is { } host) line._socket.Options.SetRequestHeader("Host", host);
        await line._socket.ConnectAsync(address.Uri, CancellationToken.None);
        await line.SendAsync("""{"protocol":"json","version":1}""");
        line._listening = line.ListenAsync();
        return line;
    }

    /// <summary>Resume: what changed since the token, and the token from which to go on.</summary>
    public async Task<JsonElement> ResumeAsync(string? token)
    {
        await SendAsync(JsonSerializer.Serialize(new { type = 1, invocationId = "1", target = "Resume", arguments = new[] { token } }));
        var answer = await _completed.Reader.ReadAsync(Patience());
        Assert.False(answer.TryGetProperty("error", out _), answer.ToString());
        return answer.GetProperty("result").Clone();
    }

    /// <summary>The next push of that name; others are passed over.</summary>
    public async Task<JsonElement> PushedAsync(string target, Func<JsonElement, bool>? wanted = null)
    {
        while (true)
        {
            var push = await _pushed.Reader.ReadAsync(Patience());
            if (push.GetProperty("target").GetString() != target) continue;
            var argument = push.GetProperty("arguments")[0];
            if (wanted is null || wanted(argument)) return argument;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested) return;
        await _stop.CancelAsync();
        _socket.Dispose();
        if (_listening is not null) await _listening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static CancellationToken Patience() => new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;

    private Task SendAsync(string record) => _socket.SendAsync(Encoding.UTF8.GetBytes(record + End), WebSocketMessageType.Text, endOfMessage: true, _stop.Token);

    private async Task ListenAsync()
    {
        var text = new StringBuilder();
        var buffer = new byte[16_384];
        while (!_stop.IsCancellationRequested)
        {
            var received = await _socket.ReceiveAsync(buffer, _stop.Token);
            if (received.MessageType == WebSocketMessageType.Close) return;
            text.Append(Encoding.UTF8.GetString(buffer, 0, received.Count));
            if (!received.EndOfMessage) continue;
            foreach (var record in text.ToString().Split(End, StringSplitOptions.RemoveEmptyEntries)) Take(JsonElement.Parse(record));
            text.Clear();
        }
    }

    private void Take(JsonElement record)
    {
        var type = record.TryGetProperty("type", out var number) ? number.GetInt32() : 0;
        if (type == 1) _pushed.Writer.TryWrite(record);
        else if (type == 3) _completed.Writer.TryWrite(record);
    }
}
