using System.Diagnostics;
using Fhir.Server.Core.Outcomes;
using Host.Settings;

namespace Host.Serving;

/// <summary><c>./start</c> without a command: serves until it is told to stop.</summary>
public static class Serve
{
    public static async Task<Result<int>> RunAsync(HouseSettings settings)
    {
        if ((await Running.StartAsync(settings, holder: null, CancellationToken.None)).Failed(out var issue, out var started)) return issue;
        await using var running = started;
        await Console.Out.WriteLineAsync(House.ReadyLine(running.Url, SinceStart()));
        await running.UntilStoppedAsync();
        return 0;
    }

    private static TimeSpan SinceStart()
    {
        using var me = Process.GetCurrentProcess();
        return TimeProvider.System.GetUtcNow() - new DateTimeOffset(me.StartTime);
    }
}
