using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Rules;

namespace Fhir.Messaging.Consent;

/// <summary>Is the patient the caller's own: of her organisation, or in her care? Being let into a thread is not enough.</summary>
internal static class CareGround
{
    public static async ValueTask<bool> HasAsync(AccessContext by, long patient, CommitScope scope, CancellationToken stop) =>
        await scope.Session.FirstAsync(Sql.Of(
            $"""
            select 1 from res where rid = {patient} and live = 1 and (
              (home = {by.OrganizationRid} and {by.OrganizationRid} <> 0)
              or rid in (select patient from care where actor = {by.ActorRid} and actor <> 0 and from_at <= {scope.AtMicros} and until_at > {scope.AtMicros}))
            """), r => r.GetInt64(0), stop) == 1;
}
