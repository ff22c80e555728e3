using System.Collections.Immutable;
using Fhir.Server.Core.Elements;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Rules;

namespace Fhir.Messaging.Consent;

/// <summary>The table of a patient's consents, read and kept inside commits.</summary>
internal static class PatientConsents
{
    /// <summary>All consents of the patient as this commit leaves them; <paramref name="changed"/> stands in for one that is being written.</summary>
    public static async ValueTask<ImmutableArray<PatientConsent>> ReadAsync(CommitScope scope, long patient, (long Rid, ResourceKey Key, Element? After)? changed, CancellationToken stop)
    {
        var rids = await scope.Session.QueryAsync(Sql.Of($"select consent from patient_consent where patient = {patient} order by consent"), r => r.GetInt64(0), stop);
        var all = ImmutableArray.CreateBuilder<PatientConsent>();
        foreach (var rid in rids.Where(rid => rid != changed?.Rid))
            if (await scope.ReadAsync(rid, stop) is var (key, consent)) all.Add(PatientConsent.From(rid, key, consent, await NamedPersons.OfAsync(rid, scope, stop)));
        if (changed is var (changedRid, changedKey, after) && after is not null) all.Add(PatientConsent.From(changedRid, changedKey, after, await NamedPersons.OfAsync(changedRid, scope, stop)));
        return all.ToImmutable();
    }

    public static async ValueTask KeepAsync(CommitScope scope, long patient, long consent, CancellationToken stop) =>
        await scope.Session.ExecuteAsync(Sql.Of($"insert into patient_consent(patient, consent) values({patient}, {consent}) on conflict do nothing"), stop);

    public static async ValueTask ForgetAsync(CommitScope scope, long patient, long consent, CancellationToken stop) =>
        await scope.Session.ExecuteAsync(Sql.Of($"delete from patient_consent where patient = {patient} and consent = {consent}"), stop);
}
