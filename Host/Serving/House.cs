using System.Globalization;
using Adapters.Hl7v2;
using Fhir.Messaging;
using Fhir.Messaging.Delivery;
using Fhir.Server.Api;
using Fhir.Server.Api.Http;
using Host.Demo;
using Host.Settings;

namespace Host.Serving;

/// <summary>The whole house as one web application: each part adds itself, then maps itself.</summary>
public static class House
{
    public static WebApplication Build(HouseSettings settings, Record record, Door door)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.AddConfiguration(settings.Configuration);
        builder.Logging.AddRunLog(settings.Tenant);
        builder.WebHost.UseServer(door);
        Add(builder.Services, settings, record);
        var app = builder.Build();
        Map(app, settings);
        return app;
    }

    private static void Add(IServiceCollection services, HouseSettings settings, Record record)
    {
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(settings);
        services.AddSingleton<DemoClinic>();
        services.AddHostedService<QuietMoments>();
        services.AddHostedService<WarmRules>();
        record.AddTo(services, settings);
        if (settings.PackagesFolder is { } packages) LoadedFromFolder.AddTo(services, packages);
        services.AddFhirApi(settings.Api);
        services.AddMessaging(new DeliverySettings { SoleWriter = settings.Provider == DatabaseProvider.Sqlite });
        services.AddSingleton(new MllpSettings());
        services.AddSingleton<ILine, MllpLine>();
        // A page of another site must not reach the demo by pointing a host name of its own at this machine.
        services.AddHostFiltering(filter => filter.AllowedHosts = settings.Hosts.Count > 0 ? [.. settings.Hosts] : settings.Demo ? ["localhost", "127.0.0.1", "[::1]"] : ["*"]);
    }

    private static void Map(WebApplication app, HouseSettings settings)
    {
        app.UseTrustedProxies(settings.Api.TrustedProxies);   // first: the host that a proxy tells is filtered like any other
        app.UseHostFiltering();
        app.UseStrictHeaders();
        app.MapMessaging(app.MapFhirApi());
        if (settings.Demo) DemoSignIn.Map(app);
        app.MapWebClient(settings.ClientFolder);
    }

    /// <summary>The one line on standard output that says: it runs.</summary>
    public static string ReadyLine(string url, TimeSpan took) =>
        string.Create(CultureInfo.InvariantCulture, $"ready at {url} in {took.TotalMilliseconds:F0} ms");
}
