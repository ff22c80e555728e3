using Fhir.Server.Api.Audit;
using Fhir.Server.Store.Audit;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Tests;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fhir.Server.Api.Tests.Audit;

/// <summary>
/// A small audit with a bit of everything: writes w-1 to w-8, a head, reads r-1-1 to r-1-4, a head, r-1-5 to r-1-7 by another
/// server on the same chain, so that the first moves to r-2-1 and r-2-2, and a head. Nothing runs behind it any more.
/// </summary>
public class Ledger : IAsyncLifetime
{
    private static readonly string[] OfReads = ["audit_read", "audit_read_agent", "audit_head"], OfWrites = ["audit_write", "audit_write_agent"];
    private House _house = null!;
    private byte[] _headLines = [];

    protected virtual Task<TenantDatabase> NewDatabaseAsync(string folder) => Task.FromResult<TenantDatabase>(SqliteDatabase.Open(folder));
    public TenantDatabase Database { get; private set; } = null!;
    public string HeadsFile => Path.Combine(_house.Folder, "audit", "heads.log");
    public string DataFolder => _house.Folder;

    public async ValueTask InitializeAsync()
    {
        Database = await NewDatabaseAsync(Directory.CreateTempSubdirectory("samenspraak-ledger-").FullName);
        _house = await House.OpenAsync(furnished: false, on: Database);
        var (all, few) = (_house.As("integrator"), _house.As("integrator", "system/Patient.rs"));
        var ids = new List<string>();
        for (var i = 0; i < 8; i++) ids.Add(await all.NewPatient());
        var heads = _house.Services.GetRequiredService<AuditHeads>();
        await heads.SignAsync(default);
        for (var i = 0; i < 4; i++) await (i % 2 == 0 ? all : few).Get($"/fhir/Patient/{ids[i]}");
        await heads.SignAsync(default);
        var elsewhere = new AuditReads(Database, NullLogger<AuditReads>.Instance);
        for (var i = 5; i < 8; i++) Assert.True(await elsewhere.RecordAsync(new() { AtMicros = i, By = new AuditAgent { Who = "another server" }, Act = Fhir.Server.Api.Identity.AuditAct.Read, Type = 1, Id = ids[i], Status = 200, Returned = [7, 9] }));
        for (var i = 0; i < 2; i++) await all.Get($"/fhir/Patient/{ids[i]}");
        await heads.StopAsync(default);
        await _house.Services.GetServices<IHostedService>().OfType<PatientIndexFiller>().Single().StopAsync(default);   // it would note how far lines go that are taken away again
        foreach (var table in OfReads.Concat(OfWrites)) await RunAsync([$"create table {table}_kept as select * from {table}"], OfWrites.Contains(table));
        _headLines = await File.ReadAllBytesAsync(HeadsFile);
    }

    public async Task RunAsync(IEnumerable<string> statements, bool writes)
    {
        await using var session = await (writes ? Database.WriteAsync(default) : Database.AuditAsync(default));
        foreach (var statement in statements) await session.ExecuteAsync(Sql.Raw(statement.Replace("{blob}", Database is PostgresDatabase ? "bytea" : "blob", StringComparison.Ordinal)), default);
        await session.CommitAsync(default);
    }

    public async Task<AuditVerdict> VerifyAsync()
    {
        using var key = AuditKey.FoundIn(Path.Combine(_house.Folder, "keys"));
        return await new AuditVerifier(Database, new(HeadsFile), key, isOnlyServer: true).RunAsync(default);
    }

    /// <summary>The statements of somebody who alters a write and makes all hashes fit again.</summary>
    public async Task<string[]> WritesAnewAsync(long altered, string id)
    {
        var (chain, table) = (new ChainId(AuditTables.Writes.Name, ChainId.OfWrites), AuditTables.Writes);
        var hash = ChainHash.Start(chain.Stream, chain.Chain);
        var statements = new List<string> { $"update audit_write set fid = '{id}' where n = {altered}" };
        var rows = await Database.QueryAsync(Sql.Raw($"select {string.Join(", ", table.Columns.Select(c => c.Name))} from audit_write order by n"),
            r => table.Columns.Select((c, i) => r.IsDBNull(i) ? null : c.Kind switch { ColumnKind.Long => r.GetInt64(i), ColumnKind.Text => r.GetString(i), _ => (object)r.GetFieldValue<byte[]>(i) }).ToArray(), default);
        foreach (var row in rows)
        {
            if ((long)row[0]! == altered) row[7] = id;
            hash = ChainHash.Next(hash, row.AsSpan(0, row.Length - 1));
            var bytes = Convert.ToHexString(hash);
            statements.Add($"update audit_write set hash = {(Database is PostgresDatabase ? $"decode('{bytes}', 'hex')" : $"x'{bytes}'")} where n = {row[0]}");
        }
        return [.. statements];
    }

    /// <summary>Everything as it was before somebody laid hands on it.</summary>
    public async Task RestoreAsync()
    {
        foreach (var table in OfReads.Concat(OfWrites)) await RunAsync([$"delete from {table}", $"insert into {table} select * from {table}_kept"], OfWrites.Contains(table));
        await File.WriteAllBytesAsync(HeadsFile, _headLines);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await _house.DisposeAsync();
    }
}

/// <summary>The same on PostgreSQL.</summary>
public sealed class LedgerOnPostgres : Ledger
{
    protected override Task<TenantDatabase> NewDatabaseAsync(string folder) => TestDatabase.PostgresAsync();
}
