using System.Collections.Frozen;
using System.Runtime.InteropServices;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Rules;

/// <summary>
/// Care relations: a CareTeam, Encounter, EpisodeOfCare or ServiceRequest of the patient's own practice lets the clinicians it
/// names see the patient. One that another organisation wrote counts for nothing, so that nobody lets herself in. The rows hold
/// periods, which every query judges against the clock; nothing has to run for access to end.
/// </summary>
public sealed class CareRule(CareSettings settings) : ICommitRule
{
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct CareRow(long Actor, long Patient, Validity Period);

    public IReadOnlySet<string> Types { get; } = CareStates.Types.ToFrozenSet(StringComparer.Ordinal);

    public ValueTask<Issue?> CheckAsync(Change change, CommitScope scope, CancellationToken stop) => default;

    public async ValueTask ApplyAsync(Change change, CommitScope scope, CancellationToken stop)
    {
        var before = change.Before is null ? [] : await RowsAsync(change.Rid, scope, stop);
        if (before.Count > 0) await scope.Session.ExecuteAsync(Sql.Of($"delete from care where source = {change.Rid} and kind = 0"), stop);
        if (change.After is not { } after || change.Patient <= 0) return;
        var rows = CareStates.Of(after) switch
        {
            CareHold.None => [],
            CareHold.Open => await OpenAsync(after, change.Patient, scope, stop),
            CareHold.Grace => await RestAsync(after, before.Where(row => row.Patient == change.Patient).ToLookup(row => row.Actor), scope, stop),
        };
        if (rows.Count > 0 && await IsOwnPatientAsync(change, scope, stop)) await InsertAsync(rows, change.Rid, scope, stop);
    }

    private static async ValueTask<List<CareRow>> OpenAsync(Element resource, long patient, CommitScope scope, CancellationToken stop)
    {
        var rows = new List<CareRow>();
        foreach (var carer in CareNames.In(resource)) rows.Add(new(await scope.RidAsync(carer.Actor, stop), patient, carer.Own.Within(carer.Whole)));
        return rows;
    }

    // Counted from the commit that closed it: later ones do not begin it anew, and who was not in care then gets nothing now. The
    // resource's own period no longer counts, for closing sets its end; someone's own period still does.
    private async ValueTask<List<CareRow>> RestAsync(Element resource, ILookup<long, CareRow> before, CommitScope scope, CancellationToken stop)
    {
        var rows = new List<CareRow>();
        if (before.Count == 0) return rows;
        var rest = new Validity(long.MinValue, scope.AtMicros + ((long)settings.Grace.TotalMicroseconds));
        foreach (var carer in CareNames.In(resource))
        {
            var had = before[await scope.RidAsync(carer.Actor, stop)].Where(row => row.Period.Holds(scope.AtMicros));
            rows.AddRange(had.Select(row => row with { Period = row.Period.Within(rest).Within(carer.Own) }));
        }
        return rows;
    }

    private static ValueTask<List<CareRow>> RowsAsync(long source, CommitScope scope, CancellationToken stop) => scope.Session.QueryAsync(
        Sql.Of($"select actor, patient, from_at, until_at from care where source = {source} and kind = 0"),
        r => new CareRow(r.GetInt64(0), r.GetInt64(1), new(r.GetInt64(2), r.GetInt64(3))), stop);

    private static async ValueTask InsertAsync(List<CareRow> rows, long source, CommitScope scope, CancellationToken stop)
    {
        foreach (var same in rows.Where(row => row.Period.From < row.Period.Until).GroupBy(row => (row.Actor, row.Patient, row.Period.From)))
        {
            var until = same.Max(row => row.Period.Until);
            await scope.Session.ExecuteAsync(Sql.Of(
                $"insert into care(actor, patient, source, from_at, until_at, kind) values({same.Key.Actor}, {same.Key.Patient}, {source}, {same.Key.From}, {until}, {0})"), stop);
        }
    }

    private static async ValueTask<bool> IsOwnPatientAsync(Change change, CommitScope scope, CancellationToken stop)
    {
        await scope.FlushAsync(stop);
        return await scope.Session.FirstAsync(Sql.Of($"select 1 from res where rid = {change.Patient} and live = 1 and home = {change.Home}"), r => r.GetInt64(0), stop) == 1;
    }
}
