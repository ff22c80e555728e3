using Fhir.Server.Store.Database;

namespace Fhir.Server.Api.Audit;

/// <summary>Finds a page of lines: by walking both streams, or by the index of a patient and the rows that it does not know yet.</summary>
public sealed class AuditPages(TenantDatabase database, AuditLog log, PatientIndex index)
{
    private const int Chunk = 500;
    private const int MostLooked = 50_000;   // what is rare gives short pages rather than a slow one

    /// <summary>At most so many lines behind a place that meet the question, and where the next page begins (null at the end).</summary>
    public async Task<(List<AuditLine> Lines, AuditPlace? Next)> PageAsync(AuditQuestion question, AuditPlace from, int count, CancellationToken stop)
    {
        var found = new List<AuditLine>();
        for (var looked = 0; looked < MostLooked; looked += Chunk)
        {
            var (lines, until) = question.Patient is { } patient ? await OfPatientAsync(patient, question, from, stop) : await OfAllAsync(question, from, stop);
            var facts = await AuditFacts.OfAsync(lines, database, stop);
            var sight = await LogSight.OfAsync(lines, facts, question.Reader, database, stop);
            foreach (var line in lines.Where(line => Meets(line, question, sight)))
            {
                if (found.Count == count) return (found, found[^1].Place);
                found.Add(line);
            }
            if (until is not { } place) return (found, null);
            from = place;
        }
        return (found, from);
    }

    /// <summary>A chunk, newest first, and the place behind which the next begins; null = there is none.</summary>
    private async Task<(List<AuditLine> Lines, AuditPlace? Until)> OfAllAsync(AuditQuestion question, AuditPlace from, CancellationToken stop)
    {
        var lines = await log.ChunkAsync(question, from, Chunk, stop);
        return (lines, lines.Count < Chunk ? null : lines[^1].Place);
    }

    // The index first says how far it goes, then what it knows: a row that is filled in meanwhile stands in both, and none in neither.
    private async Task<(List<AuditLine> Lines, AuditPlace? Until)> OfPatientAsync(long patient, AuditQuestion question, AuditPlace from, CancellationToken stop)
    {
        AuditPlace? until = null;
        var lines = new Dictionary<(bool, long), AuditLine>();
        foreach (var tail in await index.TailsAsync(stop))
        {
            var some = await log.StretchAsync(tail.IsWrite, tail.Behind, tail.Before, question, from, Chunk, stop);
            if (some.Count == Chunk) until = Later(until, some[^1].Place);
            foreach (var line in some) lines[(line.IsWrite, line.N)] = line;
        }
        var entries = await index.EntriesAsync(patient, question, from, Chunk, stop);
        if (entries.Count == Chunk) until = Later(until, entries[^1]);
        foreach (var isWrite in (bool[])[false, true])
            foreach (var line in await log.LinesAsync(isWrite, [.. entries.Where(e => e.IsWrite == isWrite).Select(e => e.N)], question, stop)) lines[(line.IsWrite, line.N)] = line;
        return ([.. lines.Values.Where(l => until is not { } place || l.Place >= place).OrderByDescending(l => l.Place)], until);
    }

    private static AuditPlace Later(AuditPlace? one, AuditPlace other) => one is { } known && known > other ? known : other;

    private static bool Meets(AuditLine line, AuditQuestion question, LogSight sight) =>
        (question.Patient is not { } patient || sight.Holds(line, patient))
        && ((question.Type is null && question.Operation is null) || sight.Tells(line))   // what is not told cannot be searched for
        && (question.Entity is not var (key, rid) || (line.Key == key && sight.Tells(line)) || (sight.Sees(rid) && ((rid != 0 && line.Returned.Contains(rid)) || IsInEvent(line, key))));

    private static bool IsInEvent(AuditLine line, Store.Access.ResourceKey key) => line.Body is { } body && AuditFacts.InEvent(body).Contains(key);
}
