using System.Globalization;
using Fhir.Server.Store.Audit;
using Host.Serving;
using Host.Settings;
using Microsoft.Extensions.Configuration;

namespace Benchmarks;

/// <summary>The product served by this program, which alone can leave the audit's writes out (to measure what they cost) and tells what it allocated.</summary>
internal static class ServedHere
{
    public const string Child = "served";

    /// <summary>An empty connection is SQLite in the folder. Each line that comes in is answered with the bytes allocated so far.</summary>
    public static async Task<int> MainAsync(string audit, string connection, string folder)
    {
        AuditSwitch.Off = audit == "off";
        var settings = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["urls"] = "http://127.0.0.1:0", ["Data:Folder"] = folder, ["Demo:PracticeSystem"] = "mllp://127.0.0.1:9",
            ["Database:Provider"] = connection.Length == 0 ? "sqlite" : "postgres", ["Database:ConnectionString"] = connection,
        }).Build();
        if (Tenants.Read(settings, folder).Failed(out var issue, out var tenants) || (await Running.StartAsync(tenants, holder: null, CancellationToken.None)).Failed(out issue, out var running))
        {
            await Console.Error.WriteLineAsync(issue.Text);
            return 1;
        }
        await using (running)
        {
            await Console.Out.WriteLineAsync($"ready at {running.Url} in 0 ms");
            _ = Task.Run(TellAsync);
            await running.UntilStoppedAsync();
        }
        return 0;
    }

    private static async Task TellAsync()
    {
        while (await Console.In.ReadLineAsync() is { } asked)
            await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"allocated {asked} {GC.GetTotalAllocatedBytes()}"));
    }
}
