using Fhir.Server.Store.Audit;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Api.Audit;

/// <summary>
/// Which rows of the audit concern which patient. It is filled behind the streams, and says how far: who reads it reads the rows behind that
/// place too. It can be made anew at any time; the rows themselves are never touched.
/// </summary>
public sealed class PatientIndex(TenantDatabase database, AuditLog log)
{
    internal const long WriteChain = -1;
    private static readonly Table Rows = new("audit_patient", new("patient", ColumnKind.Long), new("at", ColumnKind.Long), new("written", ColumnKind.Long), new("n", ColumnKind.Long));

    /// <summary>A stretch of a stream that the index does not know yet: behind one n, before another.</summary>
    public sealed record Tail(bool IsWrite, long Chain, long Behind, long Before);

    /// <summary>What is not filled in yet, of every chain. Ask this before <see cref="EntriesAsync"/>: what is filled in between then stands in both.</summary>
    public async Task<List<Tail>> TailsAsync(CancellationToken stop)
    {
        var chains = await log.ChainsAsync(stop);
        await using var session = await database.ReadAuditAsync(stop);
        var filled = (await session.QueryAsync(Sql.Of($"select chain, n from audit_filled"), r => (r.GetInt64(0), r.GetInt64(1)), stop)).ToDictionary(f => f.Item1, f => f.Item2);
        var reads = chains.Select(chain => new Tail(false, chain, filled.GetValueOrDefault(chain, new ReadNumber(chain, 0).N - 1), new ReadNumber(chain + 1, 0).N));
        return [new(true, WriteChain, filled.GetValueOrDefault(WriteChain, -1), long.MaxValue), .. reads];
    }

    /// <summary>The newest rows of a patient behind a place.</summary>
    public async Task<List<AuditPlace>> EntriesAsync(long patient, AuditQuestion question, AuditPlace from, int most, CancellationToken stop)
    {
        await using var session = await database.ReadAuditAsync(stop);
        return await session.QueryAsync(Sql.Of(
            $"""
            select at, written, n from audit_patient where patient = {patient} and at >= {question.FromMicros} and at < {question.UntilMicros}
            and (at, written, n) < ({from.AtMicros}, {from.Written}, {from.N}) order by at desc, written desc, n desc limit {most}
            """), r => new AuditPlace(r.GetInt64(0), r.GetInt64(1) == 1, r.GetInt64(2)), stop);
    }

    /// <summary>Fills in at most so many rows of each chain; how many there were.</summary>
    public async Task<int> FillAsync(int most, CancellationToken stop)
    {
        var done = 0;
        foreach (var tail in await TailsAsync(stop)) done += await FillAsync(tail, most, stop);
        return done;
    }

    /// <summary>Empties the index: it is filled again from the first row on.</summary>
    public async Task ForgetAsync(CancellationToken stop)
    {
        await using var session = await database.AuditAsync(stop);
        await session.ExecuteAsync(Sql.Of($"delete from audit_filled"), stop);
        await session.ExecuteAsync(Sql.Of($"delete from audit_patient"), stop);
        await session.CommitAsync(stop);
    }

    private async Task<int> FillAsync(Tail tail, int most, CancellationToken stop)
    {
        var lines = await log.NextAsync(tail.IsWrite, tail.Behind, tail.Before, most, stop);
        if (lines.Count == 0) return 0;
        var facts = await AuditFacts.OfAsync(lines, database, stop);
        await using var session = await database.AuditAsync(stop);
        if (!await MoveAsync(session, tail, lines[^1].N, stop)) return 0;   // another node was here first
        await session.InsertAsync(Rows, [.. lines.SelectMany(l => facts.PatientsOf(l).Select(p => new object?[] { p, l.AtMicros, l.Place.Written, l.N }))], stop);
        await session.CommitAsync(stop);
        return lines.Count;
    }

    private static async Task<bool> MoveAsync(WriteSession session, Tail tail, long to, CancellationToken stop) =>
        await session.ExecuteAsync(Sql.Of($"update audit_filled set n = {to} where chain = {tail.Chain} and n = {tail.Behind}"), stop) == 1
        || await session.ExecuteAsync(Sql.Of($"insert into audit_filled(chain, n) values({tail.Chain}, {to}) on conflict do nothing"), stop) == 1;
}
