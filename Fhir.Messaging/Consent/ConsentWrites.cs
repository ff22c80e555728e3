using Fhir.Messaging.AddressBook;
using Fhir.Messaging.Realtime;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Rules;

namespace Fhir.Messaging.Consent;

/// <summary>What a written Consent does, in the same commit: participants are judged again, and what it denies is written down for every read.</summary>
public sealed class ConsentWrites(Bell bell) : ICommitRule
{
    public IReadOnlySet<string> Types { get; } = new HashSet<string>(StringComparer.Ordinal) { "Consent" };

    public async ValueTask<Issue?> CheckAsync(Change change, CommitScope scope, CancellationToken stop)
    {
        var (before, after) = (PatientOf(change.Before), PatientOf(change.After));
        if (change is { Before: not null, After: not null } && before != after)
            return new Issue(IssueKind.Invalid, "A consent stays with its patient.", "Consent.patient");
        if (change.By.SeesAll) return null;
        return (after ?? before) is { } patient
            ? await ConsentRecorder.CheckAsync(change, patient, scope, stop)
            : new Issue(IssueKind.Invalid, "A consent names its patient, who is known here.", "Consent.patient");
    }

    public async ValueTask ApplyAsync(Change change, CommitScope scope, CancellationToken stop)
    {
        if ((PatientOf(change.After) ?? PatientOf(change.Before)) is not { } key) return;
        var patient = await scope.RidAsync(key, stop);
        if (change.After is null) await PatientConsents.ForgetAsync(scope, patient, change.Rid, stop);
        else await PatientConsents.KeepAsync(scope, patient, change.Rid, stop);
        await NamedPersons.KeepAsync(change, scope, stop);
        await DenialRows.ReplaceAsync((change.Rid, change.Key, change.After), patient, scope, stop);
        if (await ConsentGate.ReviewAsync(patient, (change.Rid, change.Key, change.After), scope, stop)) scope.AfterCommit(bell.Ring);
    }

    private static ResourceKey? PatientOf(Element? consent) =>
        consent is not null && References.Key(consent["patient"]) is { Type: "Patient" } key ? key : null;
}
