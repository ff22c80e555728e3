using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Resources;
using Fhir.Server.Store.Rules;
using Fhir.Server.Store.Search;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Fhir.Server.Api.Tests;

/// <summary>The real pipeline over Kestrel on a free port, on a new SQLite folder, with two practices and a few people.</summary>
public sealed class House : IAsyncDisposable
{
    /// <summary>All rights of whoever it is: user/ counts for people, system/ for systems, patient/ where there is a patient.</summary>
    public const string AllRights = "user/*.cruds system/*.cruds patient/*.cruds";
    private readonly WebApplication _app;

    private House(WebApplication app, string folder) => (_app, Folder) = (app, folder);

    public string Folder { get; }
    public string Url => _app.Urls.First();
    public IServiceProvider Services => _app.Services;
    public TokenIssuer Tokens => Services.GetRequiredService<TokenIssuer>();
    public LogLines Log { get; private init; } = new();

    public static async Task<House> OpenAsync(Action<WebApplication, Microsoft.AspNetCore.Routing.RouteGroupBuilder>? map = null, Func<ApiSettings, ApiSettings>? set = null, Action<IServiceCollection>? add = null, TimeProvider? clock = null, bool furnished = true, TenantDatabase? on = null)
    {
        var folder = Directory.CreateTempSubdirectory("samenspraak-api-").FullName;
        var database = on ?? SqliteDatabase.Open(folder);
        await database.MigrateAsync([.. Migration.In(typeof(TenantDatabase).Assembly), .. Migration.In(typeof(FhirApi).Assembly)], default);
        var builder = WebApplication.CreateSlimBuilder();
        var log = new LogLines();
        builder.Logging.ClearProviders().AddProvider(log).AddFilter("Microsoft.AspNetCore", LogLevel.Warning);   // as the Host has it: the framework logs whole addresses
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(k => k.AddServerHeader = false);
        var services = builder.Services;
        services.AddSingleton(clock ?? TimeProvider.System);
        services.AddSingleton<TenantDatabase>(database);
        services.AddSingleton(await Seal.LoadAsync(database, default));
        services.AddSingleton(DefinitionSet.R4);
        services.AddSingleton(await ParameterNumbers.LoadAsync(database, DefinitionSet.R4, default));
        services.AddSingleton(new ServerBases());
        services.AddSingleton<Indexer>();
        services.AddSingleton<ResourceSearch>();
        services.AddSingleton<ResourceStore>();
        services.AddSingleton<Reindex>();
        var settings = new ApiSettings { DataFolder = folder, Demo = true };
        settings = set?.Invoke(settings) ?? settings;
        services.AddFhirApi(settings);
        add?.Invoke(services);
        var app = builder.Build();
        app.UseTrustedProxies(settings.TrustedProxies);
        var fhir = app.MapFhirApi();
        map?.Invoke(app, fhir);
        await app.StartAsync();
        await app.Services.GetRequiredService<Reindex>().FillAsync(TimeSpan.Zero, default);   // as the Host does behind its start
        var house = new House(app, folder) { Log = log };
        if (furnished) await Clinic.FurnishAsync(house.As("integrator"));
        return house;
    }

    /// <summary>A client with a token of one of the clinic's people or systems, or without any.</summary>
    public Client As(string? user, string scope = AllRights, Func<TokenFor, TokenFor>? with = null) =>
        new(Url, user is null ? null : Tokens.Issue(with is null ? TokenOf(user, scope) : with(TokenOf(user, scope))));
    public Client With(string token) => new(Url, token);

    public static TokenFor TokenOf(string user, string scope = AllRights) => user switch
    {
        "integrator" => new(user, scope, TimeSpan.FromMinutes(10)) { Role = Role.Integrator },
        "his-delinde" => new(user, scope, TimeSpan.FromMinutes(10)) { Role = Role.PracticeSystem, Organization = "Organization/de-linde" },
        "admin" => new(user, scope, TimeSpan.FromMinutes(10)) { Role = Role.Administrator },
        "privacy" => new(user, scope, TimeSpan.FromMinutes(10)) { Role = Role.PrivacyOfficer },
        _ when user.StartsWith("Patient/", StringComparison.Ordinal) => new(user, scope, TimeSpan.FromMinutes(10)) { Role = Role.Patient, FhirUser = user },
        _ when user.StartsWith("RelatedPerson/", StringComparison.Ordinal) => new(user, scope, TimeSpan.FromMinutes(10)) { Role = Role.Proxy, FhirUser = user },
        _ => new(user, scope, TimeSpan.FromMinutes(10)) { PractitionerRole = $"PractitionerRole/{user}" },
    };

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();   // until nothing works in the background any more: the folder goes next
        await _app.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}

/// <summary>A clock that a test can put forward.</summary>
public sealed class MovingClock : TimeProvider
{
    private long _ahead;
    private TimeSpan Ahead => new(Interlocked.Read(ref _ahead));
    public void Forward(TimeSpan by) => Interlocked.Add(ref _ahead, by.Ticks);
    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Ahead;
    public override long GetTimestamp() => System.GetTimestamp() + (long)(Ahead.TotalSeconds * System.TimestampFrequency);
}
