using System.Collections.Frozen;
using Fhir.Server.Api.Identity;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Api.Audit;

/// <summary>
/// What the reader of some lines may see of what they name. A patient finds each line that concerns her, and who speaks for her those about what he sees;
/// what the reader may not see now is named by neither type nor id. Without a reader (an officer) nothing is left out.
/// </summary>
public sealed class LogSight
{
    private readonly AuditFacts _facts;
    private readonly AccessContext? _reader;
    private readonly FrozenSet<long> _seen;

    private LogSight(AuditFacts facts, AccessContext? reader, IEnumerable<long> seen) => (_facts, _reader, _seen) = (facts, reader, seen.ToFrozenSet());

    public static async Task<LogSight> OfAsync(IReadOnlyCollection<AuditLine> lines, AuditFacts facts, AccessContext? reader, TenantDatabase database, CancellationToken stop)
    {
        if (reader is null) return new(facts, null, []);
        var (seen, sees) = (new List<long>(), reader.Sees("r", null, Permission.None));   // the log is her right, whatever else the token opens
        foreach (var some in lines.SelectMany(facts.RidsOf).Where(rid => rid != 0).Distinct().Chunk(1000))
            seen.AddRange(await database.QueryAsync(Sql.Of($"select r.rid from res r where {Sql.In("r.rid", some)} and {sees}"), r => r.GetInt64(0), stop));
        return new(facts, reader, seen);
    }

    /// <summary>The reader may see this resource now.</summary>
    public bool Sees(long rid) => _reader is null || _seen.Contains(rid);

    /// <summary>
    /// The line stands in what this reader reads of that patient's log. For who speaks for her a search stands there when it named her, or found
    /// of the type that was searched what he sees: what it found besides makes no difference.
    /// </summary>
    public bool Holds(AuditLine line, long patient) => _reader is null || _reader.Role == Role.Patient
        ? _facts.PatientsOf(line).Contains(patient)
        : (line.Key is not { } about || Sees(_facts.RidOf(about.ToString())))
            && (IsOthersSearch(line, _reader) ? Found(line).Concat(line.Concerned.Where(Sees)) : _facts.RidsOf(line).Where(Sees)).Any(rid => _facts.PatientsOf(rid).Contains(patient));

    /// <summary>It may be told what the line was about: the reader sees it, or asked for it herself in vain, whether it is there or not.</summary>
    public bool Tells(AuditLine line)
    {
        if (_reader is not { } reader) return true;
        if (line.Key is { } about) return Sees(_facts.RidOf(about.ToString())) || (!line.WentWell && line.By.Who == reader.Who);
        if (IsOthersSearch(line, reader)) return Found(line).Any();
        return line.Returned.Count == 0 || line.Returned.Any(Sees);   // whom she named herself in a search tells nothing of whether they are there
    }

    private static bool IsOthersSearch(AuditLine line, AccessContext reader) => line.Act == AuditAct.Search && line.By.Who != reader.Who;

    private IEnumerable<long> Found(AuditLine line) => line.Returned.Where(rid => Sees(rid) && (line.Type < 0 || _facts.KeyOf(rid)?.Type == AccessTable.Name((int)line.Type)));
}
