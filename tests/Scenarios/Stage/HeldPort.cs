using System.Net;
using System.Net.Sockets;

namespace Scenarios.Stage;

/// <summary>A port where nobody listens until a program of ours does: it is bound, so that the system gives it to no other, not even as the near end of a connection.</summary>
public sealed class HeldPort : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public HeldPort() => _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));

    public int Number => ((IPEndPoint)_socket.LocalEndPoint!).Port;
    public string Mllp => $"mllp://127.0.0.1:{Number}";

    public void Dispose() => _socket.Dispose();
}
