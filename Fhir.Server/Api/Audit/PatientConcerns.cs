using Fhir.Server.Store.Database;

namespace Fhir.Server.Api.Audit;

/// <summary>
/// Whom some lines concern, and did when the index was filled: surely when the resource was there at that moment and never had another patient, possibly
/// when it has or had that patient at any time. A line may name what was not there yet, and what it names may have been moved since.
/// </summary>
public sealed class PatientConcerns
{
    private const int AtOnce = 1000;
    private const long Several = -1;
    private readonly AuditFacts _facts;
    private readonly Dictionary<long, Life> _lives = [];

    private PatientConcerns(AuditFacts facts) => _facts = facts;

    public static async Task<PatientConcerns> OfAsync(IReadOnlyCollection<AuditLine> lines, TenantDatabase database, CancellationToken stop)
    {
        var concerns = new PatientConcerns(await AuditFacts.OfAsync(lines, database, stop));
        await using var session = await database.ReadAsync(snapshot: false, stop);
        foreach (var some in lines.SelectMany(concerns._facts.RidsOf).Distinct().Chunk(AtOnce))
        {
            var rids = Sql.In("rid", some);
            var versions = await session.QueryAsync(Sql.Of(
                $"""
                select rid, coalesce(patient, 0), min(at) from res_hist where {rids} group by rid, coalesce(patient, 0)
                union all select rid, coalesce(patient, 0), at from res where live >= 0 and {rids}
                """), r => (Rid: r.GetInt64(0), Patient: r.GetInt64(1), At: r.GetInt64(2)), stop);
            foreach (var of in versions.GroupBy(v => v.Rid)) concerns._lives[of.Key] = new(of.Min(v => v.At), [.. of.Select(v => v.Patient)]);
        }
        return concerns;
    }

    public IEnumerable<long> Surely(AuditLine line) => _facts.RidsOf(line).Where(rid => _lives.TryGetValue(rid, out var life) && life.Since <= line.AtMicros)
        .SelectMany(rid => _facts.KeyOf(rid) is { Type: "Patient" } ? [rid] : _lives[rid].Patients is { Count: 1 } only && only.Single() > 0 ? only : []);

    public bool Possibly(AuditLine line, long patient) => _facts.PatientsOf(line).Contains(patient)
        || _facts.RidsOf(line).Any(rid => _lives.TryGetValue(rid, out var life) && (life.Patients.Contains(patient) || (life.Patients.Count > 1 && life.Patients.Contains(Several))));

    // When it was first written, and the patients of all its versions: 0 none, -1 several.
    private sealed record Life(long Since, HashSet<long> Patients);
}
