using System.Diagnostics;
using System.Globalization;
using Fhir.Server.Core.Outcomes;
using Host.Settings;

namespace Host.Serving;

/// <summary><c>./start</c> without a command: serves until it is told to stop.</summary>
public static class Serve
{
    public static async Task<Result<int>> RunAsync(Tenants tenants)
    {
        if ((await Running.StartAsync(tenants, holder: null, CancellationToken.None)).Failed(out var issue, out var started)) return issue;
        await using var running = started;
        await Console.Out.WriteLineAsync(House.ReadyLine(running.Url, SinceStart()));
        await running.UntilStoppedAsync();
        return 0;
    }

    // ./start says when it handed over to this process; the process itself began earlier, with the build.
    private static TimeSpan SinceStart()
    {
        using var me = Process.GetCurrentProcess();
        var began = double.TryParse(Environment.GetEnvironmentVariable("SAMENSPRAAK_STARTED"), NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds)
            ? DateTimeOffset.UnixEpoch.AddSeconds(seconds) : new DateTimeOffset(me.StartTime);
        return TimeProvider.System.GetUtcNow() - began;
    }
}
