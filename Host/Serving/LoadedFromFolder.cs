using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Packages;

namespace Host.Serving;

/// <summary>Loads the FHIR packages of the setting Profiles:Packages beside the start, and says in the log what was found and what does not fit.</summary>
public sealed class LoadedFromFolder(IServiceProvider services, ILogger<LoadedFromFolder> log) : BackgroundService
{
    /// <summary>Whoever asks for the packages first waits for them; nobody else does.</summary>
    public static void AddTo(IServiceCollection services, string folder)
    {
        services.AddSingleton(_ => PackageLoader.Load(folder, Conformance.R4));
        services.AddHostedService<LoadedFromFolder>();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.Run(Tell, stoppingToken);

    private void Tell()
    {
        var loaded = services.GetRequiredService<LoadedPackages>();
        log.LogInformation("{Count} conformance resources are loaded from {Packages}.", loaded.Resources, string.Join(", ", loaded.Names));
        foreach (var issue in loaded.Issues)
            log.Log(issue.Severity == Severity.Information ? LogLevel.Information : LogLevel.Warning, "Packages: {Issue}", issue.Text);
    }
}
