using Fhir.Server.Store.Audit;
using Host.Serving;
using Host.Settings;
using Microsoft.Extensions.Configuration;

namespace Benchmarks;

/// <summary>The product served by this program, which alone can leave the audit's writes out: to measure what they cost.</summary>
internal static class AuditedServer
{
    public const string Child = "access-child";

    public static async Task<int> MainAsync(string audit, string folder)
    {
        AuditSwitch.Off = audit == "off";
        var settings = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["urls"] = "http://127.0.0.1:0", ["Data:Folder"] = folder, ["Demo:PracticeSystem"] = "mllp://127.0.0.1:9",
        }).Build();
        if (Tenants.Read(settings, folder).Failed(out var issue, out var tenants) || (await Running.StartAsync(tenants, holder: null, CancellationToken.None)).Failed(out issue, out var running))
        {
            await Console.Error.WriteLineAsync(issue.Text);
            return 1;
        }
        await using (running)
        {
            await Console.Out.WriteLineAsync($"ready at {running.Url} in 0 ms");
            await running.UntilStoppedAsync();
        }
        return 0;
    }
}
