using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Rules;

namespace Fhir.Messaging.Care;

/// <summary>The table of broken glass: rows are added and never changed.</summary>
internal static class GlassRows
{
    /// <summary>An issue when the token, or another of the same authentication, has broken glass before: each act needs a new step-up.</summary>
    public static async ValueTask<Issue?> SpentAsync(Session session, Proof proof, CancellationToken stop) =>
        await session.FirstAsync(Sql.Of($"select 1 from glass where token = {proof.Token} or proof = {proof.Authentication}"), r => r.GetInt64(0), stop) == 1
            ? new Issue(IssueKind.Conflict, "With this sign-in a record was opened in an emergency before; prove anew who you are for another.") : null;

    /// <summary>An issue when she sees the record anyway; a thread alone does not show it to her.</summary>
    public static async ValueTask<Issue?> NeedlessAsync(GlassAct act, CommitScope scope, CancellationToken stop)
    {
        var seen = PatientByIdentity.SeenAnyway(act.By with { NowMicros = scope.AtMicros });
        return await scope.Session.FirstAsync(Sql.Of($"select 1 from res r where r.rid = {act.Patient} and r.live = 1 and {seen}"), r => r.GetInt64(0), stop) == 1
            ? new Issue(IssueKind.Conflict, "You see this patient already: it is not needed.") : null;
    }

    public static async ValueTask AddAsync(GlassAct act, long review, CommitScope scope, CancellationToken stop) => await scope.Session.ExecuteAsync(Sql.Of(
        $"insert into glass(actor, patient, from_at, until_at, task, token, proof) values({act.By.ActorRid}, {act.Patient}, {act.Window.From}, {act.Window.Until}, {review}, {act.Proof.Token}, {act.Proof.Authentication})"), stop);
}
