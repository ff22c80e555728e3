using System.Net;
using System.Net.Sockets;

namespace Crash;

/// <summary>Stands between a client and the server; the odd connections lose their answer, the even ones only pass through.</summary>
internal sealed class LineCutter : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Uri _server;
    private readonly Task _loop;
    private int _count, _cut;

    public LineCutter(Uri server)
    {
        _server = server;
        _listener.Start();
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
        _loop = AcceptAsync();
    }

    public Uri Address { get; }
    public int Cut => _cut;

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = ServeAsync(await _listener.AcceptSocketAsync(), losesAnswer: _count++ % 2 == 0);
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(Socket client, bool losesAnswer)
    {
        using var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await server.ConnectAsync(_server.Host, _server.Port);
        using (client)
        {
            var there = CopyAsync(client, server);
            if (losesAnswer)
            {
                await server.ReceiveAsync(new byte[1]);   // there is an answer: it was done
                Interlocked.Increment(ref _cut);
            }
            else await CopyAsync(server, client);
            client.Close();
            await there;
        }
    }

    private static async Task CopyAsync(Socket from, Socket to)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer) is > 0 and var read) await to.SendAsync(buffer.AsMemory(0, read));
        }
        catch (Exception cut) when (cut is SocketException or ObjectDisposedException)
        {
            // One of them is gone.
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _loop;
    }
}
