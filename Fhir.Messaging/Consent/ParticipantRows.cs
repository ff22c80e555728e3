using Fhir.Server.Store.Database;
using Fhir.Server.Store.Rules;

namespace Fhir.Messaging.Consent;

/// <summary>A row of <c>participant</c>; Consent 0 = presumed, or her own ground.</summary>
internal sealed record ParticipantRow(long Thread, long Actor, long Organization, long Until, long Consent);

/// <summary>The table that opens threads: written here and nowhere else.</summary>
internal static class ParticipantRows
{
    public static async ValueTask InsertAsync(ConsentedMessage message, long thread, CommitScope scope, CancellationToken stop)
    {
        foreach (var (clinician, until, consent) in message.Participants)
        {
            var owner = clinician.OrganizationRid == message.Sender.OrganizationRid;
            await scope.Session.ExecuteAsync(Sql.Of(
                $"""
                insert into participant(thread, actor, org, patient, owner, from_at, until_at, consent)
                values({thread}, {clinician.Rid}, {clinician.OrganizationRid}, {message.Patient}, {owner}, {scope.AtMicros}, {until}, {(consent == 0 ? null : consent)})
                """), stop);
        }
    }

    public static ValueTask<List<ParticipantRow>> OfPatientAsync(CommitScope scope, long patient, CancellationToken stop) =>
        scope.Session.QueryAsync(Sql.Of($"select thread, actor, coalesce(org, 0), until_at, consent from participant where patient = {patient} order by thread, actor"),
            r => new ParticipantRow(r.GetInt64(0), r.GetInt64(1), r.GetInt64(2), r.GetInt64(3), r.IsDBNull(4) ? 0 : r.GetInt64(4)), stop);

    /// <summary>Freezes her at this very moment, or lets her in again; true when anything changed.</summary>
    public static async ValueTask<bool> ApplyAsync(ParticipantRow row, Verdict verdict, CommitScope scope, CancellationToken stop)
    {
        var until = verdict.LetIn ? verdict.Until : Math.Min(row.Until, scope.AtMicros);
        var consent = verdict.LetIn ? verdict.Consent : row.Consent;
        if (until == row.Until && consent == row.Consent) return false;
        var gone = verdict.LetIn ? 0 : scope.T;
        await scope.Session.ExecuteAsync(Sql.Of(
            $"update participant set until_at = {until}, consent = {(consent == 0 ? null : consent)} where thread = {row.Thread} and actor = {row.Actor}"), stop);
        await scope.Session.ExecuteAsync(Sql.Of($"update inbox set t = {scope.T}, row_t = {scope.T}, gone_t = {gone} where thread = {row.Thread} and owner = {row.Actor}"), stop);
        await scope.Session.ExecuteAsync(Sql.Of($"update thread set t = {scope.T} where thread = {row.Thread}"), stop);
        return true;
    }
}
