using Fhir.Server.Api.Audit;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Tests;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Fhir.Server.Api.Tests.Audit;

/// <summary>Whatever somebody does to the index of patients, which leads a patient to the lines of her log: the verification names the first line of it.</summary>
public abstract class IndexCheckContract
{
    protected abstract Task<TenantDatabase?> DatabaseAsync();

    private static TenantDatabase Database(House house) => house.Services.GetRequiredService<TenantDatabase>();

    private async Task<(House House, string Patient)> OpenAsync()
    {
        var house = await House.OpenAsync(on: await DatabaseAsync());
        await house.Services.GetServices<IHostedService>().OfType<PatientIndexFiller>().Single().StopAsync(default);
        var jansen = house.As("dr.jansen");
        foreach (var yet in (string[])["later", "still"]) Assert.Equal(404, (await jansen.Get($"/fhir/Observation/{yet}")).Code);
        await FillAsync(house);   // before it was there, as the index knows
        var (id, other) = (await jansen.NewPatient(), await jansen.NewPatient());
        var later = $$$"""{"resourceType":"Observation","id":"later","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/{{{id}}}"}}""";
        foreach (var yet in (string[])["later", "still"])
            Assert.Equal(201, (await house.As("integrator").Put($"/fhir/Observation/{yet}", later.Replace("later", yet, StringComparison.Ordinal), ("X-Home-Organization", "Organization/de-linde"))).Code);
        await jansen.Get($"/fhir/Patient/{id}");
        await jansen.Get("/fhir/Patient");
        await jansen.Get("/fhir/Observation/later");
        await FillAsync(house);
        Assert.Equal(200, (await house.As("integrator").Put("/fhir/Observation/later", later.Replace(id, other, StringComparison.Ordinal))).Code);   // moved since
        await jansen.Get($"/fhir/Patient/{other}");   // not filled in yet
        return (house, id);
    }

    private static async Task FillAsync(House house)
    {
        while (await house.Services.GetRequiredService<PatientIndex>().FillAsync(100, default) > 0) { }
    }

    private static async Task<AuditVerdict> VerifyAsync(House house)
    {
        using var key = AuditKey.FoundIn(Path.Combine(house.Folder, "keys"));
        return await new AuditVerifier(Database(house), new(Path.Combine(house.Folder, "audit", "heads.log")), key, isOnlyServer: true).RunAsync(default);
    }

    private static async Task RunAsync(House house, string statement)
    {
        await using var session = await Database(house).AuditAsync(default);
        await session.ExecuteAsync(Sql.Raw(statement), default);
        await session.CommitAsync(default);
    }

    private static async Task<long> NumberAsync(House house, string query)
    {
        await using var session = await Database(house).ReadAuditAsync(default);
        return await session.FirstAsync(Sql.Raw(query), r => r.GetInt64(0), default);
    }

    private static async Task FindsAsync(House house, long n, string why, string statement)
    {
        await RunAsync(house, "create table kept as select * from audit_patient");
        await RunAsync(house, statement);
        var verdict = await VerifyAsync(house);
        Assert.Null(verdict.Row);
        Assert.False(verdict.IsGood);
        Assert.Equal((n, true), (verdict.Index!.N, verdict.Index.Why.Contains(why, StringComparison.Ordinal)));
        await RunAsync(house, "delete from audit_patient");
        await RunAsync(house, "insert into audit_patient select * from kept");
        await RunAsync(house, "drop table kept");
    }

    [Fact]
    public async Task J3_An_index_that_nobody_touched_is_good_however_late_and_whatever_came_or_was_moved_since()
    {
        var (house, _) = await OpenAsync();
        await using var closing = house;
        Assert.True(await NumberAsync(house, "select count(*) from audit_patient") > 5);
        var verdict = await VerifyAsync(house);
        Assert.True(verdict.IsGood, $"{verdict.Row} {verdict.Index} {verdict.Head}");
        await FillAsync(house);
        Assert.Null((await VerifyAsync(house)).Index);
        await house.Services.GetRequiredService<PatientIndex>().ForgetAsync(default);
        Assert.Null((await VerifyAsync(house)).Index);
    }

    [Fact]
    public async Task J3_A_line_that_was_taken_from_the_index_is_found()
    {
        var (house, _) = await OpenAsync();
        await using var closing = house;
        foreach (var written in (int[])[0, 1])
        {
            var n = await NumberAsync(house, $"select min(n) from audit_patient where written = {written}");
            await FindsAsync(house, n, "lacks it", $"delete from audit_patient where written = {written} and n = {n}");
        }
        var first = await NumberAsync(house, "select min(n) from audit_patient where written = 1");
        await FindsAsync(house, first, "lacks it", "delete from audit_patient");
        await FindsAsync(house, first, "at another moment", $"insert into audit_patient(patient, at, written, n) select patient, at + 1, written, n from audit_patient where written = 1 and n = {first}");
    }

    [Fact]
    public async Task J3_A_line_that_was_put_into_the_index_is_found()
    {
        var (house, id) = await OpenAsync();
        await using var closing = house;
        var n = await NumberAsync(house, "select min(n) from audit_patient where written = 0");
        await FindsAsync(house, n, "does not concern", $"insert into audit_patient(patient, at, written, n) select 999999, at, written, n from audit_patient where written = 0 and n = {n}");
        var last = await NumberAsync(house, "select n from audit_filled where chain = -1");
        await FindsAsync(house, last + 1, "not come so far", $"insert into audit_patient(patient, at, written, n) values(1, 1, 1, {last + 1})");
        await FindsAsync(house, 5, "no such row", "insert into audit_patient(patient, at, written, n) values(1, 1, 0, 5)");
        await FindsAsync(house, 6, "no such row", "insert into audit_patient(patient, at, written, n) values(1, 1, 2, 6)");
        Assert.NotEmpty(id);
    }

    [Fact]
    public async Task J3_A_cursor_that_was_put_forward_past_lines_is_found()
    {
        var (house, _) = await OpenAsync();
        await using var closing = house;
        var last = await NumberAsync(house, "select n from audit_filled where chain = -1");
        await RunAsync(house, $"update audit_filled set n = {last + 50} where chain = -1");
        Assert.Equal(last + 1, (await VerifyAsync(house)).Index!.N);
    }

    [Fact]
    public async Task J3_A_cursor_that_was_put_beyond_the_last_line_is_found()
    {
        var (house, _) = await OpenAsync();
        await using var closing = house;
        await FillAsync(house);
        Assert.Null((await VerifyAsync(house)).Index);
        foreach (var chain in (int[])[-1, 1])
        {
            var last = await NumberAsync(house, $"select n from audit_filled where chain = {chain}");
            await RunAsync(house, $"update audit_filled set n = {last + 7} where chain = {chain}");
            var fault = (await VerifyAsync(house)).Index;
            Assert.Equal((last + 7, true), (fault!.N, fault.Why.Contains("there is no such row", StringComparison.Ordinal)));
            await RunAsync(house, $"update audit_filled set n = {last} where chain = {chain}");
        }
        await RunAsync(house, $"insert into audit_filled(chain, n) values(9, {(9L << 40) + 5})");   // a chain that is still to come
        Assert.Equal((9L << 40) + 5, (await VerifyAsync(house)).Index!.N);
    }
}

public sealed class IndexCheckOnSqlite : IndexCheckContract { protected override Task<TenantDatabase?> DatabaseAsync() => Task.FromResult<TenantDatabase?>(null); }
public sealed class IndexCheckOnPostgres : IndexCheckContract { protected override async Task<TenantDatabase?> DatabaseAsync() => await TestDatabase.PostgresAsync(); }
