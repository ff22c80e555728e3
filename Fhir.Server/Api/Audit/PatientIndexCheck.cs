using Fhir.Server.Store.Audit;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Api.Audit;

/// <summary>
/// Whether the index of patients names, for each row that it has reached, the patients whom that row concerns. Ask it when the chains are good: the
/// rows are then what was written. What is behind its cursor nobody reads from the index, so it is excused.
/// </summary>
public sealed class PatientIndexCheck(TenantDatabase database)
{
    private const int PerPage = 500;
    private readonly AuditLog _log = new(database);

    /// <summary>The first row that it lacks, or names wrongly; null when there is none.</summary>
    public async Task<Fault?> RunAsync(CancellationToken stop)
    {
        var tails = await new PatientIndex(database, _log).TailsAsync(stop);
        foreach (var tail in tails)
            if ((await WalkAsync(tail, stop) ?? await BeyondAsync(tail, stop)) is { } fault) return fault;
        return await AheadAsync(stop) ?? await StrayAsync(tails, stop);
    }

    private async Task<Fault?> WalkAsync(PatientIndex.Tail tail, CancellationToken stop)
    {
        for (var after = FirstOf(tail) - 1; after < tail.Behind;)
        {
            var lines = await _log.NextAsync(tail.IsWrite, after, Math.Min(tail.Behind, long.MaxValue - 1) + 1, PerPage, stop);
            var upTo = lines.Count < PerPage ? tail.Behind : lines[^1].N;
            var entries = await EntriesAsync(tail, after, upTo, stop);
            var concerns = await PatientConcerns.OfAsync(lines, database, stop);
            foreach (var line in lines)
                if (Wrong(line, [.. entries[line.N]], concerns) is { } why) return Fault(tail, line.N, why);
            var known = lines.Select(line => line.N).ToHashSet();
            if (entries.FirstOrDefault(e => !known.Contains(e.Key)) is { } nowhere) return Fault(tail, nowhere.Key, "the index of patients has it, and there is no such row");
            after = upTo;
        }
        return null;
    }

    private static string? Wrong(AuditLine line, HashSet<(long Patient, long At)> named, PatientConcerns concerns) =>
        concerns.Surely(line).Any(patient => !named.Contains((patient, line.AtMicros))) ? "the index of patients lacks it for a patient whom it concerns"
        : named.Any(n => n.At != line.AtMicros || !concerns.Possibly(line, n.Patient)) ? "the index of patients has it for a patient whom it does not concern, or at another moment"
        : null;

    // The cursor moves with what is filled in: nothing stands beyond it, unless it moved meanwhile.
    private async Task<Fault?> BeyondAsync(PatientIndex.Tail tail, CancellationToken stop)
    {
        var beyond = await FirstAsync(Sql.Of($"select n from audit_patient where written = {Written(tail)} and n > {tail.Behind} and n < {tail.Before} order by n limit 1"), stop);
        if (beyond is not { } n) return null;
        var cursor = await FirstAsync(Sql.Of($"select n from audit_filled where chain = {tail.Chain}"), stop);
        return cursor >= n ? null : Fault(tail, n, "the index of patients has it, and has not come so far");
    }

    // First the marks, then the ends of the lines: these only grow. A mark that is ahead would hide the lines that come.
    private async Task<Fault?> AheadAsync(CancellationToken stop)
    {
        foreach (var (chain, n) in await MarksAsync(stop))
        {
            var isWrite = chain == PatientIndex.WriteChain;
            var (first, beyond) = isWrite ? (0, long.MaxValue) : (new ReadNumber(chain, 0).N, new ReadNumber(chain + 1, 0).N);
            if (n > await LastAsync(isWrite, first, beyond, stop)) return Fault(new(isWrite, chain, n, beyond), n, "the index of patients says that it has come so far, and there is no such row");
        }
        return null;
    }

    private async Task<List<(long Chain, long N)>> MarksAsync(CancellationToken stop)
    {
        await using var session = await database.ReadAuditAsync(stop);
        return await session.QueryAsync(Sql.Of($"select chain, n from audit_filled order by chain"), r => (r.GetInt64(0), r.GetInt64(1)), stop);
    }

    private async Task<long> LastAsync(bool isWrite, long first, long beyond, CancellationToken stop)
    {
        await using var session = isWrite ? await database.ReadAsync(snapshot: false, stop) : await database.ReadAuditAsync(stop);
        var table = Sql.Raw((isWrite ? AuditTables.Writes : AuditTables.Reads).Name);
        return await session.FirstAsync(Sql.Of($"select n from {table} where n >= {first} and n < {beyond} order by n desc limit 1"), r => (long?)r.GetInt64(0), stop) ?? first - 1;
    }

    private async Task<Fault?> StrayAsync(IReadOnlyList<PatientIndex.Tail> tails, CancellationToken stop)
    {
        var reads = Sql.Any([.. tails.Where(t => !t.IsWrite).Select(t => Sql.Of($"(n >= {FirstOf(t)} and n < {t.Before})"))]);
        var stray = await FirstAsync(Sql.Of($"select n from audit_patient where (written <> 1 and (written <> 0 or not ({reads}))) or (written = 1 and n < 0) order by n limit 1"), stop);
        return stray is { } n ? new Fault(new(AuditTables.Reads.Name, ReadNumber.Of(n).Chain), n, "the index of patients has it, and there is no such row") : null;
    }

    private async Task<ILookup<long, (long Patient, long At)>> EntriesAsync(PatientIndex.Tail tail, long after, long upTo, CancellationToken stop)
    {
        await using var session = await database.ReadAuditAsync(stop);
        var entries = await session.QueryAsync(Sql.Of($"select n, patient, at from audit_patient where written = {Written(tail)} and n > {after} and n <= {upTo} order by n"),
            r => (r.GetInt64(0), r.GetInt64(1), r.GetInt64(2)), stop);
        return entries.ToLookup(e => e.Item1, e => (e.Item2, e.Item3));
    }

    private async Task<long?> FirstAsync(Sql query, CancellationToken stop)
    {
        await using var session = await database.ReadAuditAsync(stop);
        return await session.FirstAsync(query, r => (long?)r.GetInt64(0), stop);
    }

    private static long Written(PatientIndex.Tail tail) => tail.IsWrite ? 1 : 0;
    private static long FirstOf(PatientIndex.Tail tail) => tail.IsWrite ? 0 : new ReadNumber(tail.Chain, 0).N;
    private static Fault Fault(PatientIndex.Tail tail, long n, string why) => new(tail.IsWrite ? new(AuditTables.Writes.Name, ChainId.OfWrites) : new(AuditTables.Reads.Name, tail.Chain), n, why);
}
