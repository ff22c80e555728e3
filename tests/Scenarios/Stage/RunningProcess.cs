using System.Collections.Concurrent;
using System.Diagnostics;

namespace Scenarios.Stage;

/// <summary>A process of ours, with what it says kept.</summary>
public sealed class RunningProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _said = new(), _printed = new();

    private RunningProcess(Process process) => _process = process;

    /// <summary>All that it said so far; <see cref="Printed"/> is without its complaints.</summary>
    public string Said => string.Join('\n', _said);
    public string Printed => string.Join('\n', _printed);
    public int ExitCode => _process.ExitCode;
    public int Id => _process.Id;

    public static RunningProcess Start(string program, IEnumerable<string> arguments, string? folder = null)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false, WorkingDirectory = folder ?? Checkout.Root };
        start.Environment["SAMENSPRAAK_ROOT"] = Checkout.Root;
        var running = new RunningProcess(Process.Start(start)!);
        running._process.OutputDataReceived += (_, line) => Hear(line.Data, running._printed, running._said);
        running._process.ErrorDataReceived += (_, line) => Hear(line.Data, running._said);
        running._process.BeginOutputReadLine();
        running._process.BeginErrorReadLine();
        return running;
    }

    /// <summary>Waits for a line that begins so; fails with all that was said when the process ends first. The patience is for a start that has to build.</summary>
    public async Task<string> LineAsync(string beginning)
    {
        string? Line() => _said.FirstOrDefault(l => l.StartsWith(beginning, StringComparison.Ordinal));
        for (var tries = 0; tries < 30_000 && !_process.HasExited; tries++)
        {
            if (Line() is { } line) return line;
            await Task.Delay(20);
        }
        await KillAsync();   // then all that it said has been heard
        return Line() ?? throw new InvalidOperationException($"'{beginning}' was not said:\n{Said}");
    }

    /// <summary>A line for it to read.</summary>
    public void Say(string line) => _process.StandardInput.WriteLine(line);

    /// <summary>Its exit code, when all that it said has been heard.</summary>
    public async Task<int> ExitAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        await _process.WaitForExitAsync(patience.Token);
        return _process.ExitCode;
    }

    /// <summary>As an operator stops it.</summary>
    public async Task<int> StopAsync()
    {
        using (var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"])) await kill.WaitForExitAsync();
        return await ExitAsync();
    }

    public async Task KillAsync()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await ExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }

    private static void Hear(string? line, params ReadOnlySpan<ConcurrentQueue<string>> kept)
    {
        if (line is null) return;
        foreach (var all in kept) all.Enqueue(line);
    }
}
