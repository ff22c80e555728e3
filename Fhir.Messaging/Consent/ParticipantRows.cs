using System.Data.Common;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Rules;

namespace Fhir.Messaging.Consent;

/// <summary>A row of <c>participant</c>; Consent 0 = presumed, or her own ground.</summary>
internal sealed record ParticipantRow(long Thread, long Actor, long Organization, Reach Reach, long Consent);

/// <summary>The table that opens threads: written here and nowhere else.</summary>
internal static class ParticipantRows
{
    private static readonly Sql Select = Sql.Raw("select thread, actor, coalesce(org, 0), until_at, receives_until, sends_until, letters_until, coalesce(consent, 0) from participant");

    public static async ValueTask InsertAsync(ConsentedMessage message, long thread, CommitScope scope, CancellationToken stop)
    {
        foreach (var (clinician, reach, consent) in message.Participants)
        {
            var owner = clinician.OrganizationRid == message.Sender.OrganizationRid;
            await scope.Session.ExecuteAsync(Sql.Of(
                $"""
                insert into participant(thread, actor, org, patient, owner, from_at, until_at, receives_until, sends_until, letters_until, consent)
                values({thread}, {clinician.Rid}, {clinician.OrganizationRid}, {message.Patient}, {owner}, {scope.AtMicros},
                  {reach.Until}, {reach.Receives}, {reach.Sends}, {reach.Letters}, {(consent == 0 ? null : consent)})
                """), stop);
        }
    }

    public static ValueTask<List<ParticipantRow>> OfPatientAsync(CommitScope scope, long patient, CancellationToken stop) =>
        scope.Session.QueryAsync(Sql.Of($"{Select} where patient = {patient} order by thread, actor"), Row, stop);

    /// <summary>Those who are in the thread at this commit's moment.</summary>
    public static ValueTask<List<ParticipantRow>> ActiveAsync(CommitScope scope, long thread, CancellationToken stop) =>
        scope.Session.QueryAsync(Sql.Of($"{Select} where thread = {thread} and from_at <= {scope.AtMicros} and until_at > {scope.AtMicros} order by actor"), Row, stop);

    /// <summary>Something new stands in the thread: whoever is out of it now has missed it, and does not see it when she is let in again.</summary>
    public static async ValueTask MissedAsync(CommitScope scope, long thread, long rid, CancellationToken stop) => await scope.Session.ExecuteAsync(Sql.Of(
        $"""
        insert into missed(actor, rid) select actor, {rid} from participant
        where thread = {thread} and (from_at > {scope.AtMicros} or until_at <= {scope.AtMicros}) on conflict do nothing
        """), stop);

    /// <summary>Who opened the thread, while nobody else has written in it; 0 = others have.</summary>
    public static ValueTask<long> WriterAloneAsync(CommitScope scope, long thread, CancellationToken stop) => scope.Session.FirstAsync(Sql.Of(
        $"select opened_by from thread where thread = {thread} and not exists (select 1 from message m where m.thread = thread.thread and m.sender <> opened_by)"), r => r.GetInt64(0), stop);

    /// <summary>Freezes her at this very moment, or lets her in again; true when anything changed.</summary>
    public static async ValueTask<bool> ApplyAsync(ParticipantRow row, Verdict verdict, CommitScope scope, CancellationToken stop)
    {
        var reach = verdict.LetIn ? verdict.Reach : row.Reach.EndingAt(scope.AtMicros);
        var consent = verdict.LetIn ? verdict.Consent : row.Consent;
        if (reach == row.Reach && consent == row.Consent) return false;
        var gone = verdict.LetIn ? 0 : scope.T;
        await scope.Session.ExecuteAsync(Sql.Of(
            $"""
            update participant set until_at = {reach.Until}, receives_until = {reach.Receives}, sends_until = {reach.Sends}, letters_until = {reach.Letters},
            consent = {(consent == 0 ? null : consent)} where thread = {row.Thread} and actor = {row.Actor}
            """), stop);
        await scope.Session.ExecuteAsync(Sql.Of($"update inbox set t = {scope.T}, row_t = {scope.T}, gone_t = {gone} where thread = {row.Thread} and owner = {row.Actor}"), stop);
        await scope.Session.ExecuteAsync(Sql.Of($"update thread set t = {scope.T} where thread = {row.Thread}"), stop);
        return true;
    }

    /// <summary>Freezes at this very moment all of them who are in; which = a condition on <c>p</c>. One statement for all, for they may be many.</summary>
    public static async ValueTask<bool> EndAsync(Sql which, CommitScope scope, CancellationToken stop)
    {
        var now = scope.AtMicros;
        var ended = Sql.Of($"from participant p where ({which}) and p.until_at > {now}");
        await scope.Session.ExecuteAsync(Sql.Of($"update thread set t = {scope.T} where thread in (select p.thread {ended})"), stop);
        var any = await scope.Session.ExecuteAsync(Sql.Of(
            $"update inbox set t = {scope.T}, row_t = {scope.T}, gone_t = {scope.T} where exists (select 1 {ended} and p.thread = inbox.thread and p.actor = inbox.owner)"), stop) > 0;
        static Sql Earlier(string column, long now) => Sql.Of($"case when {Sql.Raw(column)} > {now} then {now} else {Sql.Raw(column)} end");
        await scope.Session.ExecuteAsync(Sql.Of(
            $"""
            update participant as p set until_at = {now}, receives_until = {Earlier("receives_until", now)}, sends_until = {Earlier("sends_until", now)},
            letters_until = {Earlier("letters_until", now)} where ({which}) and p.until_at > {now}
            """), stop);
        return any;
    }

    /// <summary>The patients about whom some of them are out of a thread.</summary>
    public static ValueTask<List<long>> PatientsAsync(Sql which, CommitScope scope, CancellationToken stop) =>
        scope.Session.QueryAsync(Sql.Of($"select distinct p.patient from participant p where ({which}) and p.until_at <= {scope.AtMicros} order by p.patient"), r => r.GetInt64(0), stop);

    private static ParticipantRow Row(DbDataReader r) =>
        new(r.GetInt64(0), r.GetInt64(1), r.GetInt64(2), new(r.GetInt64(3), r.GetInt64(4), r.GetInt64(5), r.GetInt64(6)), r.GetInt64(7));
}
