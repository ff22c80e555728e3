using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Json;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Search;

namespace Fhir.Server.Store.Resources;

/// <summary>Gives the rows of a database from before <see cref="Beside"/> their patients, once: it needs their content, which a migration cannot read.</summary>
public sealed class PatientKeys(TenantDatabase database, Indexer indexer)
{
    private const string Done = "patients-beside";
    private const int AtOnce = 200;
    private static readonly long File = AccessTable.Number("Binary");
    private static readonly Sql Files = Sql.In("v.typ", [File]);
    private static readonly Sql Others = Sql.In("v.typ", [.. AccessTable.NumbersReadBy(Keeper.Patient).Where(type => type != File), .. AccessTable.NumbersReadBy(Keeper.Own)]);

    private sealed record Version(long Rid, int Number, byte[] Text);

    /// <summary>What was made of the keys before (the index of the log) is forgotten by <paramref name="changed"/>; only then it counts as done.</summary>
    public async Task FillAsync(Func<Task> changed, CancellationToken stop)
    {
        if (await database.FirstAsync(Sql.Of($"select 1 from setting where name = {Done}"), r => r.GetInt64(0), stop) == 1) return;
        var any = false;
        foreach (var which in (Sql[])[Others, Files])   // a file has the patient of its security context
            foreach (var table in (string[])["res", "res_hist"]) any |= await FillAsync(table, which, stop);
        if (any) await changed();
        await using var session = await database.WriteAsync(stop);
        await session.ExecuteAsync(Sql.Of($"insert into setting(name, value) values({Done}, {new byte[] { 1 }}) on conflict do nothing"), stop);
        await session.CommitAsync(stop);
    }

    private async Task<bool> FillAsync(string table, Sql which, CancellationToken stop)
    {
        var (any, last) = (false, (Rid: 0L, Number: 0));
        while (true)
        {
            await using var session = await database.WriteAsync(stop);
            var versions = await session.QueryAsync(Sql.Of(
                $"""
                select v.rid, v.ver, b.bytes from {Sql.Raw(table)} v join body b on b.b = v.b
                where v.patient is null and v.confined = 0 and {which} and (v.rid, v.ver) > ({last.Rid}, {last.Number}) order by v.rid, v.ver limit {AtOnce}
                """), r => new Version(r.GetInt64(0), r.GetInt32(1), (byte[])r.GetValue(2)), stop);
            if (versions.Count == 0) return any;
            foreach (var version in versions) any |= await FillAsync(table, version, session, stop);
            await session.CommitAsync(stop);
            last = (versions[^1].Rid, versions[^1].Number);
        }
    }

    private async Task<bool> FillAsync(string table, Version version, WriteSession session, CancellationToken stop)
    {
        if (JsonReader.Read(version.Text, DefinitionSet.R4).Failed(out _, out var content)) return false;
        var patients = indexer.PatientsOf(content).Select(p => p.Id).ToList();
        var context = content.Type == "Binary" ? indexer.ContextOf(content) : null;
        var found = await session.QueryAsync(context is { } key ? Contexts.Patients(key)
            : Sql.Of($"select p.fid, p.rid from res p where p.typ = {AccessTable.Number("Patient")} and p.fid in ({Sql.Join(", ", patients.Append("").Select(p => Sql.Of($"{p}")))})"), r => r.GetInt64(1), stop);
        if (found.Count == 0) return false;
        await session.ExecuteAsync(Sql.Of($"update {Sql.Raw(table)} set patient = {(found.Count == 1 ? found[0] : -1)}, confined = {(int)Confinement.Home} where rid = {version.Rid} and ver = {version.Number}"), stop);
        if (found.Count > 1)
            foreach (var patient in found) await session.ExecuteAsync(Sql.Of($"insert into res_patient(patient, rid) values({patient}, {version.Rid}) on conflict do nothing"), stop);
        return true;
    }
}
