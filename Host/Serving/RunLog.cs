using System.Text.Json;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging.Console;

namespace Host.Serving;

/// <summary>The log: one JSON object a line on standard error. Addresses are never logged: a query string may name a patient.</summary>
public static class RunLog
{
    public static void AddRunLog(this ILoggingBuilder logging, string? tenant = null)
    {
        logging.ClearProviders();
        logging.AddJsonConsole(json =>
        {
            json.UseUtcTimestamp = true;
            json.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";
            json.IncludeScopes = false;
            json.JsonWriterOptions = new JsonWriterOptions { Indented = false };
        });
        if (tenant is not null) logging.Services.AddSingleton<ConsoleLoggerProvider>().Replace(ServiceDescriptor.Singleton<ILoggerProvider>(s => new OfTenant(s.GetRequiredService<ConsoleLoggerProvider>(), tenant)));
        logging.Services.Configure<ConsoleLoggerOptions>(o => o.LogToStandardErrorThreshold = LogLevel.Trace);
        // The framework's own request lines hold the whole address; scopes hold it too.
        logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning);
    }

    // Says in each line whose it is.
    [ProviderAlias("Console")]
    private sealed class OfTenant(ConsoleLoggerProvider console, string tenant) : ILoggerProvider
    {
        public ILogger CreateLogger(string categoryName) => console.CreateLogger($"{categoryName} ({tenant})");
        public void Dispose() => console.Dispose();
    }
}
