using System.Diagnostics;

namespace Guards;

/// <summary>How a program ended and what it said.</summary>
public sealed record Command(int Code, string Output)
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    public string LastWords => Output.Length > 4000 ? Output[^4000..] : Output;

    public static async Task<Command> RunAsync(string folder, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.Environment["SAMENSPRAAK_LONG"] = "";   // the tests that must notice do so in their short form
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(Longest);
        var (output, error) = (process.StandardOutput.ReadToEndAsync(limit.Token), process.StandardError.ReadToEndAsync(limit.Token));
        try
        {
            await process.WaitForExitAsync(limit.Token);
            return new Command(process.ExitCode, await output + await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            return new Command(-1, $"It did not end within {Longest.TotalMinutes} minutes.");
        }
    }
}
