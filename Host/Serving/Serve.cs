using System.Diagnostics;
using Fhir.Server.Core.Outcomes;
using Host.Settings;

namespace Host.Serving;

/// <summary><c>./start</c> without a command: serves until it is told to stop.</summary>
public static class Serve
{
    public static async Task<Result<int>> RunAsync(HouseSettings settings)
    {
        Directory.CreateDirectory(settings.DataFolder);
        if ((await WriterLock.TakeAsync(settings.DataFolder)).Failed(out var issue, out var writer)) return issue;
        using var held = writer;
        await using var app = House.Build(settings);
        try
        {
            await app.StartAsync();
        }
        catch (IOException)
        {
            return new Issue(IssueKind.Conflict, $"{settings.Addresses.Urls[0]} is in use by another program; stop that one, or name another address in --urls.");
        }
        var url = House.UrlOf(app);
        held.Name(url);
        await Console.Out.WriteLineAsync(House.ReadyLine(url, SinceStart()));
        await app.WaitForShutdownAsync();
        return 0;
    }

    private static TimeSpan SinceStart()
    {
        using var me = Process.GetCurrentProcess();
        return TimeProvider.System.GetUtcNow() - new DateTimeOffset(me.StartTime);
    }
}
