namespace Scenarios.Stage;

/// <summary>The practice-system simulator of samples/, as its own process.</summary>
public sealed class PracticeSystem : IAsyncDisposable
{
    private readonly HeldPort _port = new();
    private RunningProcess? _process;

    public string Folder { get; } = Directory.CreateTempSubdirectory("samenspraak-his-").FullName;
    public string Address => _port.Mllp;

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
        _process = RunningProcess.Start(Path.Combine(Checkout.Root, "samples", "practice-system", "run"), ["--mllp-port", $"{_port.Number}", "--folder", Folder, "--answer", answer]);
        await _process.LineAsync("practice system listening");
    }

    public async Task StopAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
        _process = null;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _port.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
