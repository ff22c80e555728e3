using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Adapters.Hl7v2;

namespace Adapters.Tests.Hl7v2;

/// <summary>A practice system inside the test: takes one message after the other and does as it is told with the connection.</summary>
internal sealed class Partner : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentQueue<Hl7Message> _received = new();

    public Partner(Func<Hl7Message, NetworkStream, Task> answer)
    {
        _listener.Start();
        _ = ServeAsync(answer);
    }

    public Uri Address => new($"mllp://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
    public IReadOnlyList<Hl7Message> Received => [.. _received];
    /// <summary>Set when the sender has closed or reset the connection.</summary>
    public TaskCompletionSource Closed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>An answer as given, in a frame; {id} becomes the MSH-10 that was received.</summary>
    public static Partner Saying(string answer) => new((message, stream) =>
        stream.WriteAsync(Mllp.Frame(Encoding.UTF8.GetBytes(answer.Replace("{id}", message["MSH-10"], StringComparison.Ordinal)))).AsTask());

    public static Partner Writing(string raw) => new((_, stream) => stream.WriteAsync(Encoding.UTF8.GetBytes(raw)).AsTask());

    public void Dispose() => _listener.Dispose();

    private async Task ServeAsync(Func<Hl7Message, NetworkStream, Task> answer)
    {
        while (true)
        {
            using var client = await _listener.AcceptTcpClientAsync();
            var stream = client.GetStream();
            try
            {
                var message = Expect.Value(Hl7Message.Parse(Expect.Value(await new MllpReader(stream, 1_000_000).NextAsync(default))));
                _received.Enqueue(message);
                await answer(message, stream);
                if (await stream.ReadAsync(new byte[1]) == 0) Closed.TrySetResult();
            }
            catch (Exception gone) when (gone is IOException or ObjectDisposedException)
            {
                Closed.TrySetResult();
            }
        }
    }
}
