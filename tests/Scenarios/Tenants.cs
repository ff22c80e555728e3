using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Npgsql;
using Scenarios.Stage;

namespace Scenarios;

/// <summary>Two tenants in one process, with the same ids and the same people: nothing of one is good for anything at the other.</summary>
public abstract class Tenants(TwoTenants two)
{
    [Fact]
    public async Task H9_A_token_of_one_tenant_is_401_at_the_other()
    {
        foreach (var (home, away) in new[] { ("north", "south"), ("south", "north") })
        {
            var jansen = await two.PersonAsync(home, "dr.jansen");
            (await jansen.GetAsync("Patient/patient-01")).Must(200);
            using var stranger = two.Stranger(jansen, away);
            (await stranger.GetAsync("Patient/patient-01")).Must(401);
            (await stranger.GetAsync("Patient/nobody")).Must(401);
            (await stranger.GetAsync("Patient")).Must(401);
            await Assert.ThrowsAsync<System.Net.WebSockets.WebSocketException>(() => HubLine.OpenAsync(stranger));
        }
    }

    [Fact]
    public async Task H9_The_same_id_holds_different_resources()
    {
        var (north, south) = (await two.PersonAsync("north", "dr.jansen"), await two.PersonAsync("south", "dr.jansen"));
        var before = (await south.GetAsync("Patient/patient-02")).Must(200);
        var changed = JsonNode.Parse((await north.GetAsync("Patient/patient-02")).Must(200).Body)!.AsObject();
        changed["name"]![0]!["family"] = "Noorderling";
        (await north.SendAsync(HttpMethod.Put, "Patient/patient-02", changed, null, ("If-Match", "W/\"1\""))).Must(200);
        Assert.Equal(before.Text, (await south.GetAsync("Patient/patient-02")).Must(200).Text);
        Assert.Empty(await south.SearchAsync("Patient?family=Noorderling"));
        Assert.Single(await north.SearchAsync("Patient?family=Noorderling"));
        // The version that one of them is at says nothing to the other.
        (await south.SendAsync(HttpMethod.Put, "Patient/patient-02", changed, null, ("If-Match", "W/\"2\""))).Must(412);
        Assert.Single((await south.GetAsync("Patient/patient-02/_history")).Must(200).Entries);
    }

    [Fact]
    public async Task H9_A_page_of_one_tenant_is_no_page_at_the_other()
    {
        var (north, south) = (await two.PersonAsync("north", "dr.jansen"), await two.PersonAsync("south", "dr.jansen"));
        var next = (await north.GetAsync("Patient?_count=3")).Must(200).Json.GetProperty("link").EnumerateArray()
            .Single(link => link.GetProperty("relation").GetString() == "next").GetProperty("url").GetString()!;
        Assert.StartsWith("http://north.localhost", next, StringComparison.Ordinal);
        var address = next[(next.IndexOf("/fhir/", StringComparison.Ordinal) + 6)..];
        Assert.Equal(3, (await north.GetAsync(address)).Must(200).Entries.Count);
        Assert.NotEmpty((await south.GetAsync(address)).Refused(400, 404, 410));
    }

    [Fact]
    public async Task H9_The_hub_of_one_tenant_never_tells_of_the_other_and_its_sync_token_is_void_there()
    {
        var (north, south) = (await two.PersonAsync("north", "dr.devries"), await two.PersonAsync("south", "dr.devries"));
        await using var northHub = await HubLine.OpenAsync(north);
        await using var southHub = await HubLine.OpenAsync(south);
        await northHub.ResumeAsync(null);
        await southHub.ResumeAsync(null);
        var theirs = (await (await two.PersonAsync("north", "dr.jansen")).OpenThreadAsync("Patient/patient-01", north, "Noord", "Vraag.")).Must(201).Key;
        Assert.Equal(theirs, (await northHub.PushedAsync("thread")).GetProperty("thread").GetString());
        var token = (await northHub.ResumeAsync(null)).GetProperty("token").GetString();
        var atSouth = await southHub.ResumeAsync(token);
        Assert.True(atSouth.GetProperty("reset").GetBoolean());
        Assert.DoesNotContain(theirs, atSouth.ToString(), StringComparison.Ordinal);
        // Had south been told of north's thread, that would come first.
        var ours = (await (await two.PersonAsync("south", "dr.jansen")).OpenThreadAsync("Patient/patient-01", south, "Zuid", "Vraag.")).Must(201).Key;
        Assert.Equal(ours, (await southHub.PushedAsync("thread")).GetProperty("thread").GetString());
        (await south.GetAsync(theirs)).Must(404);
    }

    [Fact]
    public async Task H9_Only_the_host_that_was_called_chooses_the_tenant()
    {
        Assert.Equal(HttpStatusCode.OK, await two.StatusAsync("/health/ready", "north.localhost"));
        Assert.Equal(HttpStatusCode.OK, await two.StatusAsync("/health/ready", "NOORD.localhost:99"));
        foreach (var wrong in new[] { "localhost", "127.0.0.1", "east.localhost", "north.localhost.example", "anorth.localhost", "north" })
            Assert.Equal(HttpStatusCode.MisdirectedRequest, await two.StatusAsync("/health/ready", wrong, ("X-Forwarded-Host", "north.localhost")));

        var (north, south) = (await two.PersonAsync("north", "dr.jansen"), await two.PersonAsync("south", "dr.jansen"));
        (string, string)[] pointing = [("X-Forwarded-Host", "south.localhost"), ("Forwarded", "host=south.localhost"), ("X-Original-Host", "south.localhost"), ("X-Host", "south.localhost")];
        var answer = (await north.SendAsync(HttpMethod.Get, "Patient?_count=1", null, null, pointing)).Must(200);
        Assert.DoesNotContain("south.localhost", answer.Text, StringComparison.Ordinal);
        using var stranger = two.Stranger(south, "north");
        (await stranger.SendAsync(HttpMethod.Get, "Patient/patient-01", null, null, pointing)).Must(401);
    }

    [Theory]
    [InlineData("GET http://south.localhost/health/live HTTP/1.1\r\nHost: north.localhost\r\n\r\n", "HTTP/1.1 400")]
    [InlineData("GET /health/live HTTP/1.1\r\nHost: north.localhost\r\nHost: south.localhost\r\n\r\n", "HTTP/1.1 400")]
    [InlineData("GET /health/live HTTP/1.1\r\nHost: south.localhost@north.localhost\r\n\r\n", "HTTP/1.1 400")]
    [InlineData("GET /health/live HTTP/1.0\r\n\r\n", "HTTP/1.1 421")]
    [InlineData("GET /health/live HTTP/1.1\r\nHost:\r\n\r\n", "HTTP/1.1 421")]
    public async Task H9_Two_hosts_in_one_request_or_none_reach_no_tenant(string request, string status)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, new Uri(two.Clinic.Url).Port);
        await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request));
        using var reader = new StreamReader(socket.GetStream(), Encoding.ASCII);
        Assert.StartsWith(status, await reader.ReadLineAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Commands_say_whose_they_are()
    {
        Assert.Equal((2, "Several tenants are set up: say which one with --tenant north|south."), Trimmed(await two.Clinic.CommandAsync("token", "--user", "dr.jansen")));
        Assert.Equal((2, "There is no tenant 'east'; there is north, south."), Trimmed(await two.Clinic.CommandAsync("token", "--user", "dr.jansen", "--tenant", "east")));
        var (code, token) = await two.Clinic.CommandAsync("token", "--user", "dr.jansen", "--tenant", "South");
        Assert.Equal(0, code);
        foreach (var (tenant, status) in new[] { ("south", 200), ("north", 401) })
        {
            using var jansen = new Person("dr.jansen", new(two.Clinic.Url), token.Trim(), $"{tenant}.localhost");
            (await jansen.GetAsync("Patient/patient-03")).Must(status);
        }
        var file = Path.Combine(two.Clinic.DataFolder, "one.ndjson");
        await File.WriteAllTextAsync(file, """{"resourceType":"Patient","id":"imported"}""");
        var (done, said) = await two.Clinic.CommandAsync("import", file, "--tenant", "south");
        Assert.True(done == 0, said);
        (await (await two.PersonAsync("south", "dr.jansen")).GetAsync("Patient/imported")).Must(200);
        (await (await two.PersonAsync("north", "dr.jansen")).GetAsync("Patient/imported")).Must(404);
    }

    private static (int, string) Trimmed((int Code, string Said) told) => (told.Code, told.Said.Trim());
}

/// <summary>On SQLite.</summary>
public sealed class TenantsOnSqlite(TwoTenantsOnSqlite two) : Tenants(two), IClassFixture<TwoTenantsOnSqlite>
{
    [Fact]
    public async Task H9_A_copy_of_a_tenant_does_not_start_beside_it()
    {
        var folder = Directory.CreateTempSubdirectory("samenspraak-copy-").FullName;
        string[] start = [Checkout.Host, "--urls", "http://127.0.0.1:0", $"--Data:Folder={folder}", "--Tenants:one:Host=one.localhost"];
        await using (var first = RunningProcess.Start("dotnet", start))
        {
            await first.LineAsync("ready at ");
            Assert.Equal(0, await first.StopAsync());
            await using var token = RunningProcess.Start("dotnet", [Checkout.Host, "token", "--user", "dr.jansen", $"--Data:Folder={folder}", "--Tenants:one:Host=one.localhost"]);
            Assert.Equal(0, await token.ExitAsync());
        }
        Copy(Path.Combine(folder, "one"), Path.Combine(folder, "two"));
        Assert.Equal("Tenants one and two use the same database, or one is a copy of the other.", await RefusedAsync([.. start, "--Tenants:two:Host=two.localhost"]));
        foreach (var file in Directory.GetFiles(Path.Combine(folder, "two"))) File.Delete(file);   // the keys stay
        Assert.StartsWith("Tenants one and two sign tokens with the same key;", await RefusedAsync([.. start, "--Tenants:two:Host=two.localhost"]), StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        foreach (var folder in Directory.GetDirectories(from)) Copy(folder, Path.Combine(to, Path.GetFileName(folder)));
    }

    internal static async Task<string> RefusedAsync(IEnumerable<string> words)
    {
        await using var program = RunningProcess.Start("dotnet", words);
        Assert.Equal(1, await program.ExitAsync());
        return Assert.Single(program.Said.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}

/// <summary>On PostgreSQL, where the databases are behind one server and only their roles keep them apart.</summary>
public sealed class TenantsOnPostgres(TwoTenantsOnPostgres two) : Tenants(two), IClassFixture<TwoTenantsOnPostgres>
{
    private readonly TwoTenantsOnPostgres _two = two;

    [Fact]
    public async Task H9_A_tenants_role_cannot_connect_to_another_tenants_database()
    {
        foreach (var (role, database) in new[] { (_two.Databases.North, _two.Databases.South), (_two.Databases.South, _two.Databases.North) })
        {
            await using var own = new NpgsqlConnection(_two.Databases.Connection(role, role));
            await own.OpenAsync();
            await using var other = new NpgsqlConnection(_two.Databases.Connection(role, database));
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await Assert.ThrowsAsync<PostgresException>(() => other.OpenAsync())).SqlState);
        }
    }

    [Fact]
    public async Task H9_The_start_refuses_tenants_that_could_reach_each_other_and_says_what_to_run()
    {
        var databases = await TenantDatabases.MakeAsync();
        var open = await RefusedAsync(databases.Settings(databases.North, databases.South));
        Assert.StartsWith("Tenant north could connect to the database of tenant south; run: ", open, StringComparison.Ordinal);
        await databases.RunAsync(open[(open.IndexOf("run: ", StringComparison.Ordinal) + 5)..]);
        var half = await RefusedAsync(databases.Settings(databases.North, databases.South));
        Assert.True(half.StartsWith("Tenant south could connect to the database of tenant north; run: ", StringComparison.Ordinal), half);
        await databases.RunAsync(half[(half.IndexOf("run: ", StringComparison.Ordinal) + 5)..]);
        await StartsAsync(databases.Settings(databases.North, databases.South));

        // A role that it could take on counts as itself, though it has not its rights until it does.
        foreach (var step in new[] { $"create role {databases.South}_between noinherit", $"grant {databases.North} to {databases.South}_between", $"grant {databases.South}_between to {databases.South}" }) await databases.RunAsync(step);
        Assert.StartsWith("Tenant south could connect to the database of tenant north;", await RefusedAsync(databases.Settings(databases.North, databases.South)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task H9_The_start_refuses_a_mighty_role()
    {
        var databases = await TenantDatabases.MakeAsync();
        await databases.KeepApartAsync();
        Assert.Contains("could reach every database", await RefusedAsync(databases.Settings(databases.Superuser, databases.South)), StringComparison.Ordinal);
        foreach (var might in new[] { "createrole", "replication" })
        {
            await databases.RunAsync($"alter role {databases.South} {might}");
            Assert.Contains("could reach every database", await RefusedAsync(databases.Settings(databases.North, databases.South)), StringComparison.Ordinal);
            await databases.RunAsync($"alter role {databases.South} no{might}");
        }
        await databases.RunAsync($"grant pg_read_server_files to {databases.South}");
        Assert.Contains("could reach every database", await RefusedAsync(databases.Settings(databases.North, databases.South)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task H9_One_database_under_two_names_is_noticed()
    {
        var databases = await TenantDatabases.MakeAsync();
        await databases.KeepApartAsync();
        Assert.Equal("Tenants north and south use the same database, or one is a copy of the other.", await RefusedAsync(
            ["--Database:Provider=postgres", $"--Tenants:north:Database:ConnectionString={databases.Connection(databases.North, databases.North)}", $"--Tenants:south:Database:ConnectionString={databases.Connection(databases.North, databases.North)};Application Name=other"]));
    }

    [Fact]
    public async Task H9_A_tenant_whose_database_is_gone_leaves_the_other_serving()
    {
        var databases = await TenantDatabases.MakeAsync();
        await databases.KeepApartAsync();
        await using var clinic = await Clinic.OpenAsync(["--Tenants:north:Host=north.localhost", "--Tenants:south:Host=south.localhost", .. databases.Settings(databases.North, databases.South)]);
        using var http = new HttpClient();
        await databases.RunAsync($"drop database {databases.South} with (force)");
        await Eventually.Async(() => StatusAsync("south.localhost"), status => status == HttpStatusCode.ServiceUnavailable, "south is not ready");
        Assert.Equal(HttpStatusCode.OK, await StatusAsync("north.localhost"));

        async Task<HttpStatusCode> StatusAsync(string host)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"{clinic.Url}/health/ready");
            request.Headers.Host = host;
            return (await http.SendAsync(request)).StatusCode;
        }
    }

    private static async Task<string> RefusedAsync(IReadOnlyList<string> settings)
    {
        var folder = Directory.CreateTempSubdirectory("samenspraak-refused-").FullName;
        try
        {
            return await TenantsOnSqlite.RefusedAsync([Checkout.Host, "--urls", "http://127.0.0.1:0", $"--Data:Folder={folder}", "--Tenants:north:Host=north.localhost", "--Tenants:south:Host=south.localhost", .. settings]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task StartsAsync(IReadOnlyList<string> settings)
    {
        await using var clinic = await Clinic.OpenAsync(["--Tenants:north:Host=north.localhost", "--Tenants:south:Host=south.localhost", .. settings]);
        Assert.Equal(0, await clinic.StopAsync());
    }
}
