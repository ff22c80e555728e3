using Fhir.Server.Store.Database;

namespace Fhir.Server.Api.Audit;

/// <summary>Which lines were written while their actor had broken the glass for a patient whom they concern. Told from the grants when the log is read.</summary>
public sealed class BrokenGlass
{
    public static readonly BrokenGlass None = new([], new());
    private readonly ILookup<(long Actor, long Patient), (long From, long Until)> _grants;
    private readonly AuditFacts _facts;

    private BrokenGlass(IEnumerable<((long, long) Key, (long, long) Period)> grants, AuditFacts facts) => (_grants, _facts) = (grants.ToLookup(g => g.Key, g => g.Period), facts);

    public static async Task<BrokenGlass> OfAsync(IReadOnlyCollection<AuditLine> lines, AuditFacts facts, TenantDatabase database, CancellationToken stop)
    {
        var actors = lines.Select(l => facts.RidOf(l.By.PractitionerRole)).Where(rid => rid != 0).Distinct().ToList();
        if (actors.Count == 0) return None;
        return new(await database.QueryAsync(Sql.Of($"select actor, patient, from_at, until_at from glass where {Sql.In("actor", actors)}"),
            r => ((r.GetInt64(0), r.GetInt64(1)), (r.GetInt64(2), r.GetInt64(3))), stop), facts);
    }

    public bool Covers(AuditLine line) =>
        _grants.Count > 0 && ActorOf(line) is not 0 and var actor && _facts.PatientsOf(line).Any(patient => _grants[(actor, patient)].Any(g => g.From <= line.AtMicros && line.AtMicros < g.Until));

    private long ActorOf(AuditLine line) => _facts.RidOf(line.By.PractitionerRole);
}
