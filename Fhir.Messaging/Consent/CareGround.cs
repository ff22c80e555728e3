using Fhir.Server.Store.Database;
using Fhir.Server.Store.Rules;

namespace Fhir.Messaging.Consent;

/// <summary>Is the patient someone's own: of the organisation, or in the person's care? Being let into a thread is not enough.</summary>
internal static class CareGround
{
    /// <summary>The patient is of that organisation itself.</summary>
    public static async ValueTask<bool> IsHomeAsync(long organization, long patient, CommitScope scope, CancellationToken stop)
    {
        await scope.FlushAsync(stop);
        return organization != 0 && await scope.Session.FirstAsync(Sql.Of($"select 1 from res where rid = {patient} and live = 1 and home = {organization}"), r => r.GetInt64(0), stop) == 1;
    }

    /// <summary>Declared: care that she declared herself counts too.</summary>
    public static async ValueTask<bool> HasAsync(long organization, long actor, long patient, CommitScope scope, CancellationToken stop, bool declared = true)
    {
        await scope.FlushAsync(stop);   // the patient may have come in this very commit
        return await scope.Session.FirstAsync(Sql.Of(
            $"""
            select 1 from res where rid = {patient} and live = 1 and (
              (home = {organization} and {organization} <> 0)
              or rid in (select patient from care where actor = {actor} and actor <> 0 and kind <= {(declared ? 1 : 0)} and from_at <= {scope.AtMicros} and until_at > {scope.AtMicros}))
            """), r => r.GetInt64(0), stop) == 1;
    }
}
