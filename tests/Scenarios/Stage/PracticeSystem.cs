using System.Net;
using System.Net.Sockets;

namespace Scenarios.Stage;

/// <summary>The practice-system simulator of samples/, as its own process.</summary>
public sealed class PracticeSystem : IAsyncDisposable
{
    private readonly int _port = FreePort();
    private RunningProcess? _process;

    public string Folder { get; } = Directory.CreateTempSubdirectory("samenspraak-his-").FullName;
    public string Address => $"mllp://127.0.0.1:{_port}";

    public IReadOnlyList<string> Messages => [.. Directory.GetFiles(Folder, "*.hl7").Order(StringComparer.Ordinal)];

    public static async Task<PracticeSystem> StartAsync(string answer = "aa")
    {
        var system = new PracticeSystem();
        await system.AnswerAsync(answer);
        return system;
    }

    /// <summary>A place where nobody listens yet.</summary>
    public static PracticeSystem Down() => new();

    public async Task AnswerAsync(string answer)
    {
        await StopAsync();
        _process = RunningProcess.Start(Path.Combine(Checkout.Root, "samples", "practice-system", "run"), ["--mllp-port", $"{_port}", "--folder", Folder, "--answer", answer]);
        for (var tries = 0; tries < 600; tries++)
        {
            using var probe = new TcpClient();
            try
            {
                await probe.ConnectAsync(IPAddress.Loopback, _port);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(100);
            }
        }
        throw new InvalidOperationException($"The simulator does not listen: {_process.Said}");
    }

    public async Task StopAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
        _process = null;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
