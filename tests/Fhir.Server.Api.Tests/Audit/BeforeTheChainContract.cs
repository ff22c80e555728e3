using Fhir.Server.Api.Audit;
using Fhir.Server.Store.Audit;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Tests;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fhir.Server.Api.Tests.Audit;

/// <summary>An audit that was begun before there were chains: its rows are kept, told apart, and sealed by the first signed head.</summary>
public abstract class BeforeTheChainContract
{
    protected abstract Task<TenantDatabase> NewDatabaseAsync();
    private readonly string _folder = Directory.CreateTempSubdirectory("samenspraak-before-").FullName;

    private static async Task RunAsync(TenantDatabase database, bool writes, string statement)
    {
        await using var session = await (writes ? database.WriteAsync(default) : database.AuditAsync(default));
        await session.ExecuteAsync(Sql.Raw(statement), default);
        await session.CommitAsync(default);
    }

    private async Task<TenantDatabase> OldAsync()
    {
        var database = await NewDatabaseAsync();
        Migration[] all = [.. Migration.In(typeof(TenantDatabase).Assembly), .. Migration.In(typeof(FhirApi).Assembly)];
        await database.MigrateAsync([.. all.Where(m => string.CompareOrdinal(m.Name, "030") < 0 || m.Name == "100_audit_posted")], default);
        for (var i = 1; i <= 3; i++)
        {
            await RunAsync(database, true, $"insert into audit_write(t, at, who, client, act, typ, fid, ver) values({i}, {i}, 'Practitioner/a{i % 2}', {(i == 3 ? "null" : "'web'")}, 1, 1, 'x{i}', 1)");
            await RunAsync(database, false, $"insert into audit_read(at, who, act, typ, outcome) values({i}, 'Practitioner/b', 11, 1, 200)");
        }
        await database.MigrateAsync(all, default);
        return database;
    }

    private async Task<AuditVerdict> VerifyAsync(TenantDatabase database)
    {
        using var key = AuditKey.In(_folder);
        return await new AuditVerifier(database, new(Path.Combine(_folder, "heads.log")), key, isOnlyServer: true).RunAsync(default);
    }

    private async Task SignAsync(TenantDatabase database)
    {
        using var key = AuditKey.In(_folder);
        using var heads = new AuditHeads(database, new(Path.Combine(_folder, "heads.log")), key, TimeProvider.System, NullLogger<AuditHeads>.Instance);
        await heads.SignAsync(default);
    }

    [Fact]
    public async Task J3_Rows_from_before_the_chain_are_kept_and_told_as_such()
    {
        await using var database = await OldAsync();
        var who = await database.QueryAsync(Sql.Raw("select a.who, a.client from audit_write w join audit_write_agent a on a.agent = w.agent order by w.n"), r => (r.GetString(0), r.IsDBNull(1) ? null : r.GetString(1)), default);
        Assert.Equal([("Practitioner/a1", "web"), ("Practitioner/a0", "web"), ("Practitioner/a1", null)], who);
        Assert.True(await new AuditReads(database, NullLogger<AuditReads>.Instance).RecordAsync(new() { AtMicros = 1, By = AuditAgent.Anonymous("127.0.0.1"), Act = Fhir.Server.Api.Identity.AuditAct.Read, Type = 1, Status = 401 }));
        var verdict = await VerifyAsync(database);
        Assert.Equal((6L, 1L, true), (verdict.RowsBefore, verdict.Rows, verdict.IsGood));
    }

    [Theory]
    [InlineData("update audit_write set fid = 'y' where n = 2", true, "w-3")]
    [InlineData("update audit_write_agent set who = 'Practitioner/other' where client is null", true, "w-3")]
    [InlineData("delete from audit_write where n = 2", true, "w-3")]
    [InlineData("delete from audit_write where n = 3", true, "w-3")]
    [InlineData("insert into audit_write select n + 1, t, at, agent, request, act, typ, fid, ver, patient, flags, body, hash from audit_write where n = 3", true, "w-4")]
    [InlineData("update audit_read set outcome = 404 where n = 2", false, "r-3")]
    [InlineData("delete from audit_read", false, "r-1")]
    public async Task J3_From_the_first_signed_head_on_a_change_to_them_is_found(string statement, bool writes, string place)
    {
        await using var database = await OldAsync();
        await SignAsync(database);
        Assert.True((await VerifyAsync(database)).IsGood);
        await RunAsync(database, writes, statement);
        var fault = (await VerifyAsync(database)).Row;
        Assert.Equal(place, fault?.Chain.EventId(fault.N));
    }
}

public sealed class BeforeTheChainOnSqlite : BeforeTheChainContract
{
    protected override Task<TenantDatabase> NewDatabaseAsync() => TestDatabase.SqliteAsync();
}

public sealed class BeforeTheChainOnPostgres : BeforeTheChainContract
{
    protected override Task<TenantDatabase> NewDatabaseAsync() => TestDatabase.PostgresAsync();
}
