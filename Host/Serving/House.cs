using System.Globalization;
using Host.Settings;

namespace Host.Serving;

/// <summary>The whole house as one web application: each part adds itself, then maps itself.</summary>
public static class House
{
    public static WebApplication Build(HouseSettings settings)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.AddRunLog();
        builder.WebHost.UseUrls([.. settings.Addresses.Urls]).PreferHostingUrls(preferHostingUrls: true);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(settings);

        var app = builder.Build();
        app.UseStrictHeaders();
        app.MapWebClient(settings.ClientFolder);
        return app;
    }

    /// <summary>The address to tell people and other programs, once the house listens.</summary>
    public static string UrlOf(WebApplication app) => Addresses.Shown(app.Urls.First());

    /// <summary>The one line on standard output that says: it runs.</summary>
    public static string ReadyLine(string url, TimeSpan took) =>
        string.Create(CultureInfo.InvariantCulture, $"ready at {url} in {took.TotalMilliseconds:F0} ms");
}
