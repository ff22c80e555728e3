using System.Data.Common;
using System.Net.Sockets;
using Fhir.Messaging.Delivery;
using Fhir.Server.Api;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Resources;
using Fhir.Server.Store.Search;
using Host.Settings;

namespace Host.Serving;

/// <summary>The opened database of the tenant, its schema brought up, and what had to be read from it before anything is served.</summary>
public sealed class Record : IAsyncDisposable
{
    private readonly ParameterNumbers _numbers;

    private Record(TenantDatabase database, Seal seal, ParameterNumbers numbers) => (Database, Seal, _numbers) = (database, seal, numbers);

    /// <summary>Whom a tenant logs in as; null on SQLite, and for a house that is alone.</summary>
    public PostgresLogin? Login { get; private init; }

    public TenantDatabase Database { get; }
    public Seal Seal { get; }

    public static async Task<Result<Record>> OpenAsync(HouseSettings settings, CancellationToken stop)
    {
        try
        {
            var database = await OpenDatabaseAsync(settings, stop);
            var login = settings is { Tenant: not null, Provider: DatabaseProvider.Postgres } ? await PostgresLogin.OfAsync(database, stop) : null;
            if (login is { Mighty: true }) return TooMighty(login);   // before it makes tables that are then not the tenant's
            await database.MigrateAsync([.. new[] { typeof(TenantDatabase), typeof(FhirApi), typeof(ILine) }.SelectMany(part => Migration.In(part.Assembly))], stop);
            return new Record(database, await Seal.LoadAsync(database, stop), await ParameterNumbers.LoadAsync(database, DefinitionSet.R4, stop, settings.FullText)) { Login = login };
        }
        catch (NewerSchemaException newer)
        {
            return new Issue(IssueKind.Conflict, newer.Message);
        }
        catch (Exception wrong) when (wrong is DbException or SocketException or ArgumentException)
        {
            return new Issue(IssueKind.Unavailable, settings.Provider == DatabaseProvider.Postgres
                ? $"PostgreSQL cannot be used with this Database:ConnectionString: {wrong.Message.ReplaceLineEndings(" ")}"
                : $"The database in {settings.DataFolder} cannot be used: {wrong.Message.ReplaceLineEndings(" ")}");
        }
    }

    public void AddTo(IServiceCollection services, HouseSettings settings)
    {
        services.AddSingleton(Database);
        services.AddSingleton(Seal);
        services.AddSingleton(_numbers);
        services.AddSingleton(DefinitionSet.R4);
        services.AddSingleton(new ServerBases([.. settings.Addresses.Bases(settings.Hosts), .. settings.Api.BaseUrl is { } own ? new[] { own } : []]));
        services.AddSingleton<Indexer>();
        services.AddSingleton<ResourceSearch>();
        services.AddSingleton<ResourceStore>();
        services.AddSingleton<PatientKeys>();
        services.AddSingleton<Reindex>();
        services.AddHostedService<Reindexing>();
    }

    private static Issue TooMighty(PostgresLogin login) => new(IssueKind.Forbidden,
        $"{login.Role} could reach every database of that PostgreSQL; give the tenant a role of its own: create role … login nosuperuser nocreaterole noreplication;");

    public ValueTask DisposeAsync() => Database.DisposeAsync();

    private static async Task<TenantDatabase> OpenDatabaseAsync(HouseSettings settings, CancellationToken stop) => settings.Provider switch
    {
        DatabaseProvider.Sqlite => SqliteDatabase.Open(settings.DataFolder, TimeSpan.FromSeconds(settings.Api.Limits.QuerySeconds)),
        DatabaseProvider.Postgres => await PostgresDatabase.OpenAsync(settings.ConnectionString!, TimeSpan.FromSeconds(settings.Api.Limits.QuerySeconds), stop),
    };
}
