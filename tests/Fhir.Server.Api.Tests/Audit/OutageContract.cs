using Fhir.Server.Store.Database;
using Fhir.Server.Store.Tests;

namespace Fhir.Server.Api.Tests.Audit;

/// <summary>When the audit cannot be written, nothing leaves and nothing is stored; when it can be again, all goes on by itself.</summary>
public abstract class OutageContract : IAsyncLifetime
{
    private const string Canary = "Peeters";
    private House _house = null!;
    private string _patient = "";

    /// <summary>A new database, and how to hold its audit of reads for as long as the session lives.</summary>
    protected abstract Task<TenantDatabase> NewDatabaseAsync();
    protected TenantDatabase Database { get; private set; } = null!;
    protected abstract Task<IAsyncDisposable> LockReadsAsync();

    public async ValueTask InitializeAsync()
    {
        Database = await NewDatabaseAsync();
        _house = await House.OpenAsync(on: Database);
        _patient = await Jansen.NewPatient();
    }

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return _house.DisposeAsync();
    }

    private Client Jansen => _house.As("dr.jansen");

    protected async Task RunAsync(bool writes, string statement)
    {
        await using var session = await (writes ? Database.WriteAsync(default) : Database.AuditAsync(default));
        await session.ExecuteAsync(Sql.Raw(statement), default);
        await session.CommitAsync(default);
    }

    private async Task<IReadOnlyList<Got>> AskAllAsync() => await Task.WhenAll(
        Jansen.Get($"/fhir/Patient/{_patient}"), Jansen.Get($"/fhir/Patient/{_patient}/_history/1"), Jansen.Get($"/fhir/Patient/{_patient}/_history"),
        Jansen.Get("/fhir/Patient"), Jansen.Post("/fhir/Patient/$validate", """{"resourceType":"Patient"}"""), Jansen.Get("/me"), _house.As("privacy").Get("/fhir/AuditEvent"));

    // Denied in every way there is: no token, a scope too narrow, somebody else's patient.
    private async Task<IReadOnlyList<Got>> AskInVainAsync() => await Task.WhenAll(
        _house.As(null).Get($"/fhir/Patient/{_patient}"), _house.As("dr.jansen", "user/Observation.rs").Get($"/fhir/Patient/{_patient}"),
        _house.As("dr.bakker").Get($"/fhir/Patient/{_patient}"), _house.As("admin").Get($"/fhir/Patient/{_patient}"));

    private async Task NothingLeavesAsync()
    {
        foreach (var reply in (Got[])[.. await AskAllAsync(), .. await AskInVainAsync()])
        {
            Assert.Equal(503, reply.Code);
            Assert.DoesNotContain(Canary, reply.Text, StringComparison.Ordinal);
        }
        var bundle = await Jansen.Post("/fhir", $$$"""{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"GET","url":"Patient/{{{_patient}}}"}},{"request":{"method":"GET","url":"Patient"}}]}""");
        Assert.DoesNotContain(Canary, bundle.Text, StringComparison.Ordinal);
        if (bundle.Code != 503) Assert.All(bundle.Json["entry"]!.AsArray(), entry => Assert.StartsWith("503", (string?)entry!["response"]!["status"], StringComparison.Ordinal));
    }

    private async Task AllIsWellAsync()
    {
        Assert.All(await AskAllAsync(), reply => Assert.Equal(200, reply.Code));
        Assert.Equal([401, 403, 404], (await AskInVainAsync()).Take(3).Select(reply => reply.Code));
    }

    [Fact]
    public async Task J2_Without_the_table_of_reads_nothing_leaves()
    {
        await AllIsWellAsync();
        await RunAsync(false, "alter table audit_read rename to audit_read_away");
        await NothingLeavesAsync();
        await RunAsync(false, "alter table audit_read_away rename to audit_read");
        await AllIsWellAsync();
    }

    [Fact]
    public async Task J2_Without_the_table_of_agents_nobody_new_gets_in()
    {
        await RunAsync(false, "alter table audit_read_agent rename to audit_read_agent_away");
        await NothingLeavesAsync();
        await RunAsync(false, "alter table audit_read_agent_away rename to audit_read_agent");
        await AllIsWellAsync();
    }

    [Fact]
    public async Task J2_While_the_audit_is_locked_nothing_leaves_and_nobody_hangs()
    {
        await using (await LockReadsAsync())
        {
            var began = TimeProvider.System.GetTimestamp();
            Assert.Equal(503, (await Jansen.Get($"/fhir/Patient/{_patient}")).Code);
            Assert.InRange(TimeProvider.System.GetElapsedTime(began).TotalSeconds, 0, 20);
        }
        await AllIsWellAsync();
    }

    [Theory]
    [InlineData("audit_write")]
    [InlineData("audit_write_agent")]
    public async Task J2_A_write_that_cannot_be_audited_is_not_stored(string table)
    {
        var writer = _house.As("dr.jansen", "user/*.cruds");
        await RunAsync(true, $"alter table {table} rename to {table}_away");
        var made = await writer.Post("/fhir/Patient", """{"resourceType":"Patient","name":[{"family":"Lost"}]}""");
        var changed = await writer.Put($"/fhir/Patient/{_patient}", $$"""{"resourceType":"Patient","id":"{{_patient}}","name":[{"family":"Lost"}]}""");
        await RunAsync(true, $"alter table {table}_away rename to {table}");
        Assert.True(made.Code >= 500 && changed.Code >= 500, $"{made.Code} {changed.Code}");
        Assert.Equal(0L, await Database.FirstAsync(Sql.Of($"select count(*) from res r join body b on b.b = r.b where r.typ = {Fhir.Server.Store.Access.AccessTable.Number("Patient")} and r.fid <> {_patient} and r.t > (select t from res where fid = {_patient} and typ = {Fhir.Server.Store.Access.AccessTable.Number("Patient")})"), r => r.GetInt64(0), default));
        Assert.Contains("\"1\"", (await Jansen.Get($"/fhir/Patient/{_patient}")).Text, StringComparison.Ordinal);
        Assert.Equal(201, (await writer.Post("/fhir/Patient", """{"resourceType":"Patient","name":[{"family":"Kept"}]}""")).Code);
    }
}

public sealed class OutageOnSqlite : OutageContract
{
    private readonly string _folder = Directory.CreateTempSubdirectory("samenspraak-outage-").FullName;
    protected override Task<TenantDatabase> NewDatabaseAsync() => Task.FromResult<TenantDatabase>(SqliteDatabase.Open(_folder));

    protected override async Task<IAsyncDisposable> LockReadsAsync()
    {
        var other = SqliteDatabase.Open(_folder);
        return new Held(await other.AuditAsync(default), other);
    }

    private sealed class Held(WriteSession session, SqliteDatabase other) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await session.DisposeAsync();
            await other.DisposeAsync();
        }
    }

    [Fact]
    public async Task J2_On_a_full_disk_nothing_leaves()
    {
        var house = await House.OpenAsync(on: SqliteDatabase.Open(Path.Combine(_folder, "full")) is var database ? database : null);
        await using var _ = house;
        var id = await house.As("dr.jansen").NewPatient();
        async Task MostPagesAsync(long pages)
        {
            await using var session = await database.AuditAsync(default);
            await session.FirstAsync(Sql.Raw($"pragma max_page_count = {pages.ToString(System.Globalization.CultureInfo.InvariantCulture)}"), r => r.GetInt64(0), default);
        }
        var query = string.Join('&', Enumerable.Range(0, 60).Select(i => $"{new string('x', 90)}{i}=1"));
        await MostPagesAsync(1);
        Assert.Equal(503, (await house.As("dr.jansen").Get($"/fhir/Patient/{id}?{query}")).Code);
        await MostPagesAsync(1_000_000);
        Assert.Equal(200, (await house.As("dr.jansen").Get($"/fhir/Patient/{id}?{query}")).Code);
    }
}

public sealed class OutageOnPostgres : OutageContract
{
    protected override Task<TenantDatabase> NewDatabaseAsync() => TestDatabase.PostgresAsync();

    protected override async Task<IAsyncDisposable> LockReadsAsync()
    {
        var session = await Database.AuditAsync(default);
        await session.ExecuteAsync(Sql.Raw("lock table audit_read in access exclusive mode"), default);
        return session;
    }
}
