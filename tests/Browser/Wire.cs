using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Browser;

/// <summary>The network cable of one desk. Chromium's "offline" leaves open sockets alone, so that the hub would go on; a cable can be pulled.</summary>
public sealed class Wire : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentBag<TcpClient> _ends = [];
    private readonly Uri _server;

    public Wire(Uri server)
    {
        _server = server;
        _listener.Start();
        _ = AcceptAsync();
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    public void Pull()
    {
        while (_ends.TryTake(out var end)) end.Dispose();
    }

    public void Dispose()
    {
        _listener.Dispose();
        Pull();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = CarryAsync(await _listener.AcceptTcpClientAsync());
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
        {
            // The desk is cleared away.
        }
    }

    private async Task CarryAsync(TcpClient near)
    {
        using var far = new TcpClient { NoDelay = true };
        using var _ = near;
        near.NoDelay = true;
        _ends.Add(near);
        _ends.Add(far);
        try
        {
            await far.ConnectAsync(_server.Host, _server.Port);
            var (here, there) = (near.GetStream(), far.GetStream());
            await Task.WhenAny(here.CopyToAsync(there), there.CopyToAsync(here));
        }
        catch (Exception cut) when (cut is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // One end is gone: the other goes too.
        }
    }
}
