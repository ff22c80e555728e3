using System.Collections.Concurrent;
using System.Diagnostics;

namespace Scenarios.Stage;

/// <summary>A process of ours, with what it says kept.</summary>
public sealed class RunningProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _said = new();

    private RunningProcess(Process process) => _process = process;

    public string Said => string.Join('\n', _said);
    public int ExitCode => _process.ExitCode;
    public int Id => _process.Id;

    public static RunningProcess Start(string program, IEnumerable<string> arguments, string? folder = null)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false, WorkingDirectory = folder ?? Checkout.Root };
        start.Environment["SAMENSPRAAK_ROOT"] = Checkout.Root;
        var running = new RunningProcess(Process.Start(start)!);
        running._process.OutputDataReceived += (_, line) => running.Hear(line.Data);
        running._process.ErrorDataReceived += (_, line) => running.Hear(line.Data);
        running._process.BeginOutputReadLine();
        running._process.BeginErrorReadLine();
        return running;
    }

    /// <summary>Waits for a line that begins so; fails with all that was said when the process ends first.</summary>
    public async Task<string> LineAsync(string beginning)
    {
        for (var tries = 0; tries < 600; tries++)
        {
            if (_said.FirstOrDefault(l => l.StartsWith(beginning, StringComparison.Ordinal)) is { } line) return line;
            if (_process.HasExited) break;
            await Task.Delay(50);
        }
        throw new InvalidOperationException($"'{beginning}' was not said:\n{Said}");
    }

    public async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token);
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

    private void Hear(string? line)
    {
        if (line is not null) _said.Enqueue(line);
    }
}
