using System.Text.Json.Nodes;
using Fhir.Messaging.Delivery;
using Fhir.Server.Api;
using Fhir.Server.Api.Identity;
using Fhir.Server.Api.Tests;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Resources;
using Fhir.Server.Store.Search;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Fhir.Messaging.Tests.Clinic;

/// <summary>The real pipeline over Kestrel on a free port: De Linde, Arbodienst Oost, Rijnmond, one patient of De Linde, a clock that is turned by hand, a partner that answers as told.</summary>
public sealed class TestClinic : IAsyncDisposable
{
    public const string Patient = "Patient/p1";
    private readonly WebApplication _app;
    private readonly string _folder;

    private TestClinic(WebApplication app, string folder, HandClock clock, FakeLine line) => (_app, _folder, Clock, Line) = (app, folder, clock, line);

    public HandClock Clock { get; }
    public FakeLine Line { get; }
    public string Url => _app.Urls.First();
    public TenantDatabase Database => Get<TenantDatabase>();
    public ResourceStore Store => Get<ResourceStore>();
    public T Get<T>() where T : notnull => _app.Services.GetRequiredService<T>();

    public Client Jansen => As("dr.jansen");
    public Client DeVries => As("dr.devries");
    public Client Bakker => As("dr.bakker");
    public Client DeWit => As("s.dewit");
    public Client Integrator => As("integrator");
    public Client System => As("his-delinde");

    public static async Task<TestClinic> OpenAsync(Func<Task<TenantDatabase>>? open = null, DeliverySettings? delivery = null, Action<IServiceCollection>? add = null, Fhir.Server.Api.Validating.ValidationSettings? validation = null, string? attachments = null)
    {
        var folder = Directory.CreateTempSubdirectory("samenspraak-messaging-").FullName;
        var database = open is null ? SqliteDatabase.Open(folder) : await open();
        await database.MigrateAsync([.. new[] { typeof(TenantDatabase), typeof(FhirApi), typeof(Messaging) }.SelectMany(t => Migration.In(t.Assembly))], default);
        var (clock, line) = (new HandClock(), new FakeLine());
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var services = builder.Services;
        services.AddSingleton<TimeProvider>(clock);
        services.AddSingleton<TenantDatabase>(_ => database);
        services.AddSingleton(await Seal.LoadAsync(database, default));
        services.AddSingleton(DefinitionSet.R4);
        services.AddSingleton(await ParameterNumbers.LoadAsync(database, DefinitionSet.R4, default));
        services.AddSingleton(new ServerBases());
        services.AddSingleton<Indexer>().AddSingleton<ResourceSearch>().AddSingleton<ResourceStore>().AddSingleton<Reindex>();
        services.AddFhirApi(new ApiSettings { DataFolder = folder, Demo = true, Validation = validation ?? new(), BlobKeyFile = attachments });
        services.AddSingleton<ILine>(line);
        services.AddMessaging(delivery ?? new DeliverySettings());
        add?.Invoke(services);
        var app = builder.Build();
        app.MapMessaging(app.MapFhirApi());
        await app.StartAsync();
        await app.Services.GetRequiredService<Reindex>().FillAsync(TimeSpan.Zero, default);   // as the Host does behind its start
        var clinic = new TestClinic(app, folder, clock, line);
        await clinic.FurnishAsync();
        return clinic;
    }

    public Client As(string user, Func<TokenFor, TokenFor>? with = null) => new(Url, Token(user, with: with));

    public string Token(string user, int minutes = 60, Func<TokenFor, TokenFor>? with = null) =>
        Get<TokenIssuer>().Issue(with is null ? TokenOf(user, minutes) : with(TokenOf(user, minutes)));

    private static TokenFor TokenOf(string user, int minutes) => user switch
    {
        "integrator" => new(user, "system/*.cruds", TimeSpan.FromMinutes(minutes)) { Role = Role.Integrator },
        "his-delinde" => new(user, "system/*.cruds", TimeSpan.FromMinutes(minutes)) { Role = Role.PracticeSystem, Organization = "Organization/de-linde" },
        "admin" => new(user, "user/*.cruds", TimeSpan.FromMinutes(minutes)) { Role = Role.Administrator },
        "privacy" => new(user, "user/*.cruds", TimeSpan.FromMinutes(minutes)) { Role = Role.PrivacyOfficer },
        _ when user.StartsWith("Patient/", StringComparison.Ordinal) => new(user, "patient/*.cruds", TimeSpan.FromMinutes(minutes)) { Role = Role.Patient, FhirUser = user },
        _ when user.StartsWith("RelatedPerson/", StringComparison.Ordinal) => new(user, "patient/*.cruds", TimeSpan.FromMinutes(minutes)) { Role = Role.Proxy, FhirUser = user },
        _ => new(user, "user/*.cruds", TimeSpan.FromMinutes(minutes)) { PractitionerRole = $"PractitionerRole/{user}" },
    };

    /// <summary>Opens a consult about p1 that must succeed.</summary>
    public async Task<string> OpenThreadAsync(string to = "dr.devries", string? text = null, string patient = Patient) =>
        Ok(await Threads.Open(Jansen, patient, [to], text), 201).Id;

    public async Task<string> ConsentAsync(string actor = "PractitionerRole/dr.devries", Action<JsonObject>? change = null, string patient = Patient) =>
        Ok(await Jansen.Post("/fhir/Consent", Consents.For(actor, patient, Clock.GetUtcNow(), change)), 201).Id;

    /// <summary>The answer, when it has that status.</summary>
    public static Got Ok(Got got, int status = 200)
    {
        Assert.True(got.Code == status, $"{got.Code} instead of {status}: {got.Text}");
        return got;
    }

    private async Task FurnishAsync()
    {
        var all = new List<Write>();
        foreach (var (id, name, kind) in ((string, string, string?)[])[("de-linde", "Huisartsenpraktijk De Linde", null), ("arbodienst-oost", "Arbodienst Oost", "occupational-health"), ("rijnmond", "Ziekenhuis Rijnmond", null)])
        {
            var type = kind is null ? "" : $$""","type":[{"coding":[{"system":"{{ClinicUrls.OrganizationKind}}","code":"{{kind}}"}]}]""";
            all.Add(Put("Organization", id, $$""" "active":true,"name":"{{name}}","endpoint":[{"reference":"Endpoint/{{id}}"}]{{type}} """));
            all.Add(Put("Endpoint", id, $$""" "status":"{{(id == "de-linde" ? "active" : "off")}}","connectionType":{"code":"hl7v2-mllp"},"payloadType":[{"text":"ORU"}],"address":"mllp://127.0.0.1:2575" """));
        }
        foreach (var (person, role, organization, family) in ((string, string, string, string)[])
            [("dr.jansen", "gp", "de-linde", "Jansen"), ("s.dewit", "assistant", "de-linde", "De Wit"), ("dr.devries", "company-doctor", "arbodienst-oost", "De Vries"), ("dr.bakker", "specialist", "rijnmond", "Bakker")])
        {
            all.Add(Put("Practitioner", person, $$""" "identifier":[{"system":"{{ClinicUrls.Agb}}","value":"01004567"}],"name":[{"family":"{{family}}","given":["J."]}] """));
            all.Add(Put("PractitionerRole", person,
                $$"""
                "active":true,"practitioner":{"reference":"Practitioner/{{person}}"},"organization":{"reference":"Organization/{{organization}}"},
                "code":[{"coding":[{"system":"{{ClinicUrls.ClinicRole}}","code":"{{role}}"}]}]
                """));
        }
        await CommitAsync([.. all, PatientOf("p1", "999990019"), PatientOf("p2", "999911120")]);
    }

    /// <summary>A patient of De Linde; without a BSN she has no identifier at all.</summary>
    public Task NewPatientAsync(string id, string? bsn) => CommitAsync([PatientOf(id, bsn)]);

    public Task PutAsync(string type, string id, string content, string? home = null) => CommitAsync([Put(type, id, content, home)]);

    private static Write PatientOf(string id, string? bsn)
    {
        var identifier = bsn is null ? "" : $$""" "identifier":[{"system":"{{ClinicUrls.Bsn}}","value":"{{bsn}}"}], """;
        return Put("Patient", id, $$""" {{identifier}}"name":[{"family":"Dijk","given":["Marieke"]}],"gender":"female","birthDate":"1975-03-18" """, "de-linde");
    }

    private static Write Put(string type, string id, string content, string? home = null)
    {
        var json = global::System.Text.Encoding.UTF8.GetBytes($$"""{"resourceType":"{{type}}","id":"{{id}}",{{content}}}""");
        Assert.False(Fhir.Server.Core.Json.JsonReader.Read(json, DefinitionSet.R4).Failed(out var issue, out var resource), issue?.Text);
        return new() { Kind = WriteKind.Update, Key = new(type, id), Json = json, Resource = resource, Home = home is null ? null : new("Organization", home) };
    }

    private async Task CommitAsync(IReadOnlyList<Write> writes) =>
        Assert.False((await Store.CommitAsync(writes, AccessContext.House("test", Clock.Micros), default)).Failed(out var issue, out _), issue?.Text);

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();   // until nothing works in the background any more: the folder goes next
        await _app.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
