using System.Net;
using System.Net.Sockets;
using System.Text;
using Npgsql;

namespace Fhir.Server.Store.Tests.Database;

/// <summary>Where the line between us and PostgreSQL breaks.</summary>
public enum Cut { BeforeCommit, WhileCommitting, BeforeTheReply }

/// <summary>Stands between us and PostgreSQL, and breaks the line of the next COMMIT when told to.</summary>
public sealed class CommitCutter : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly EndPoint _server;
    private readonly Task _loop;
    private int _armed = -1;
    private byte[] _mark = [];
    private bool _staysAway;
    private volatile bool _away, _silent;

    public CommitCutter(string connection)
    {
        var settings = new NpgsqlConnectionStringBuilder(connection);
        _server = settings.Host!.StartsWith('/') ? new UnixDomainSocketEndPoint($"{settings.Host}/.s.PGSQL.{settings.Port}") : new DnsEndPoint(settings.Host, settings.Port);
        _listener.Start();
        (settings.Host, settings.Port, settings.SslMode) = ("127.0.0.1", ((IPEndPoint)_listener.LocalEndpoint).Port, SslMode.Disable);
        Connection = settings.ConnectionString;
        _loop = AcceptAsync();
    }

    /// <summary>The way to the same database through here.</summary>
    public string Connection { get; }
    public int Cuts { get; private set; }

    /// <summary>The next COMMIT's line breaks; of those that sent the mark before, when there is one. StaysAway: from then on nobody reaches the server.</summary>
    public void CutNext(Cut where, string mark = "", bool staysAway = false)
    {
        (_mark, _staysAway) = (Encoding.UTF8.GetBytes(mark), staysAway);
        Volatile.Write(ref _armed, (int)where);
    }

    /// <summary>From here on nothing reaches the server, and nobody is told so.</summary>
    public void FallSilent() => _silent = true;

    /// <summary>The server can be reached again.</summary>
    public void ComeBack() => _away = false;

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = ServeAsync(await _listener.AcceptSocketAsync());
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using var server = new Socket(_server.AddressFamily, SocketType.Stream, _server is UnixDomainSocketEndPoint ? ProtocolType.Unspecified : ProtocolType.Tcp);
        await server.ConnectAsync(_server);
        using (client)
        {
            var back = BackAsync(server, client);
            await ForwardAsync(client, server);
            await back;
        }
    }

    private async Task ForwardAsync(Socket client, Socket server)
    {
        var buffer = new byte[64 * 1024];
        var marked = false;
        int read;
        while ((read = await ReadAsync(client, buffer)) > 0 && !_away)
        {
            if (_silent) continue;
            marked |= Volatile.Read(ref _armed) >= 0 && buffer.AsSpan(0, read).IndexOf(_mark) >= 0;
            var armed = marked && buffer.AsSpan(0, read).IndexOf("COMMIT\0"u8) >= 0 ? Interlocked.Exchange(ref _armed, -1) : -1;
            if (armed < 0) await server.SendAsync(buffer.AsMemory(0, read));
            else
            {
                await CutAsync((Cut)armed, client, server, buffer.AsMemory(0, read));
                return;
            }
        }
        server.Shutdown(SocketShutdown.Both);
        client.Close();
    }

    private async Task CutAsync(Cut where, Socket client, Socket server, ReadOnlyMemory<byte> commit)
    {
        Cuts++;
        _away = _staysAway;
        if (where == Cut.BeforeTheReply) client.Shutdown(SocketShutdown.Send);   // what comes back now goes nowhere
        if (where != Cut.BeforeCommit) await server.SendAsync(commit);
        if (where == Cut.BeforeTheReply) await Task.Delay(300);
        client.Close();
        if (where == Cut.BeforeCommit) server.Close();
        else server.Shutdown(SocketShutdown.Send);
    }

    // Who asks the server to cancel something waits until it hangs up.
    private static async Task BackAsync(Socket server, Socket client)
    {
        await CopyAsync(server, client);
        client.Close();
    }

    private static async Task CopyAsync(Socket from, Socket to)
    {
        var buffer = new byte[64 * 1024];
        int read;
        while ((read = await ReadAsync(from, buffer)) > 0)
        {
            try
            {
                await to.SendAsync(buffer.AsMemory(0, read));
            }
            catch (Exception cut) when (cut is SocketException or ObjectDisposedException)
            {
                // Nobody hears it; the server is heard out all the same.
            }
        }
    }

    private static async Task<int> ReadAsync(Socket from, byte[] buffer)
    {
        try
        {
            return await from.ReceiveAsync(buffer);
        }
        catch (Exception cut) when (cut is SocketException or ObjectDisposedException)
        {
            return 0;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _loop;
    }
}
