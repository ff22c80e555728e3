using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Benchmarks;

/// <summary>Debian's wrk: 32 connections, one thread, so that the load costs the two cores little.</summary>
internal static partial class Wrk
{
    /// <summary>Requests per second and the 99th percentile in ms. Any answer but 2xx makes it fail.</summary>
    public static async Task<(double PerSecond, string P99)> RunAsync(ServerProcess server, string script, string token, int seconds, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("wrk", ["-t1", "-c32", $"-d{seconds}s", "--latency", "-H", $"Authorization: Bearer {token}", "-s", Path.Combine(AppContext.BaseDirectory, "wrk", script), server.Address.ToString()])
        {
            RedirectStandardOutput = true, UseShellExecute = false,
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var text = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (text.Contains("Non-2xx", StringComparison.Ordinal)) throw new InvalidOperationException($"{script}: {text}");
        return (double.Parse(Rate().Match(text).Groups["n"].Value, CultureInfo.InvariantCulture), P99().Match(text).Groups["n"].Value);
    }

    [GeneratedRegex(@"Requests/sec:\s+(?<n>[\d.]+)", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Rate();

    [GeneratedRegex(@"99%\s+(?<n>\S+)", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex P99();
}
