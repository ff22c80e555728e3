using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Npgsql;

namespace Scenarios.Stage;

/// <summary>One server with two tenants, north and south: each with the demo clinic, so with the same ids and the same people.</summary>
public abstract class TwoTenants : IAsyncLifetime
{
    private readonly Dictionary<string, Person> _people = new(StringComparer.Ordinal);
    private Clinic? _clinic;

    public Clinic Clinic => _clinic!;
    public HttpClient Http { get; } = new();

    /// <summary>What sets a tenant's database up.</summary>
    protected abstract Task<IReadOnlyList<string>> DatabasesAsync();

    public async ValueTask InitializeAsync() =>
        _clinic = await Clinic.OpenAsync(["--Tenants:north:Host=north.localhost;noord.localhost", "--Tenants:south:Host=south.localhost", .. await DatabasesAsync()]);

    public async Task<Person> PersonAsync(string tenant, string name)
    {
        if (_people.TryGetValue($"{tenant} {name}", out var known)) return known;
        var request = new HttpRequestMessage(HttpMethod.Post, $"{Clinic.Url}/demo/sign-in") { Content = JsonContent.Create(new { user = name }) };
        request.Headers.Host = $"{tenant}.localhost";
        using var answer = await Http.SendAsync(request);
        answer.EnsureSuccessStatusCode();
        var token = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("access_token").GetString()!;
        return _people[$"{tenant} {name}"] = new Person(name, new(Clinic.Url), token, $"{tenant}.localhost");
    }

    /// <summary>Somebody with this token who calls another tenant.</summary>
    public Person Stranger(Person person, string tenant) => new("stranger", new(Clinic.Url), person.Token, $"{tenant}.localhost");

    public async Task<HttpStatusCode> StatusAsync(string path, string host, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Clinic.Url + path);
        request.Headers.Host = host;
        foreach (var (name, value) in headers) request.Headers.Add(name, value);
        using var answer = await Http.SendAsync(request);
        if (answer.StatusCode == HttpStatusCode.MisdirectedRequest) Assert.Equal("", await answer.Content.ReadAsStringAsync());
        return answer.StatusCode;
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var person in _people.Values) person.Dispose();
        Http.Dispose();
        if (_clinic is not null) await _clinic.DisposeAsync();
    }
}

/// <summary>Each in a file of its own.</summary>
public sealed class TwoTenantsOnSqlite : TwoTenants
{
    protected override Task<IReadOnlyList<string>> DatabasesAsync() => Task.FromResult<IReadOnlyList<string>>([]);
}

/// <summary>Each in a database of its own with a role of its own.</summary>
public sealed class TwoTenantsOnPostgres : TwoTenants
{
    public TenantDatabases Databases { get; private set; } = null!;

    protected override async Task<IReadOnlyList<string>> DatabasesAsync()
    {
        Databases = await TenantDatabases.MakeAsync();
        await Databases.KeepApartAsync();
        return Databases.Settings(Databases.North, Databases.South);
    }
}

/// <summary>Two databases and two login roles on the cluster of the tests; at first anybody may connect to both, as PostgreSQL has it.</summary>
public sealed class TenantDatabases
{
    private readonly string _cluster = Environment.GetEnvironmentVariable("SAMENSPRAAK_PG")!;
    private readonly string _mark = Guid.NewGuid().ToString("N")[..12];

    public string North => $"north_{_mark}";
    public string South => $"south_{_mark}";

    public static async Task<TenantDatabases> MakeAsync()
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable("SAMENSPRAAK_PG") is null or "", "No PostgreSQL here: ./test starts one when Debian's postgresql is installed.");
        var made = new TenantDatabases();
        foreach (var name in new[] { made.North, made.South })
        {
            await made.RunAsync($"create role {name} login nosuperuser nocreaterole noreplication");
            await made.RunAsync($"create database {name} owner {name}");
        }
        return made;
    }

    public async Task KeepApartAsync()
    {
        foreach (var name in new[] { North, South }) await RunAsync($"revoke connect on database {name} from public");
    }

    public IReadOnlyList<string> Settings(string northRole, string southRole) =>
    [
        "--Database:Provider=postgres",
        $"--Tenants:north:Database:ConnectionString={Connection(northRole, North)}",
        $"--Tenants:south:Database:ConnectionString={Connection(southRole, South)}",
    ];

    public string Superuser => new NpgsqlConnectionStringBuilder(_cluster).Username!;

    public string Connection(string role, string database) =>
        new NpgsqlConnectionStringBuilder(_cluster) { Username = role, Database = database, Pooling = true, MaxPoolSize = 10, Timeout = 60 }.ConnectionString;

    public async Task RunAsync(string sql)
    {
        await using var admin = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_cluster) { Pooling = false }.ConnectionString);
        await admin.OpenAsync();
        foreach (var one in sql.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            await using var command = new NpgsqlCommand(one, admin);
            await command.ExecuteNonQueryAsync();
        }
    }
}
