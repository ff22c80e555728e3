using Fhir.Messaging.AddressBook;
using Fhir.Messaging.Realtime;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Rules;

namespace Fhir.Messaging.Consent;

/// <summary>Who may write a Consent, and what a written one does: participants who rest on it are judged again in the same commit.</summary>
public sealed class ConsentWrites(Bell bell) : ICommitRule
{
    public IReadOnlySet<string> Types { get; } = new HashSet<string>(StringComparer.Ordinal) { "Consent" };

    public async ValueTask<Issue?> CheckAsync(Change change, CommitScope scope, CancellationToken stop)
    {
        var (before, after) = (PatientOf(change.Before), PatientOf(change.After));
        if (change is { Before: not null, After: not null } && before != after)
            return new Issue(IssueKind.Invalid, "A consent stays with its patient.", "Consent.patient");
        if (change.By.SeesAll || (after ?? before) is not { } patient) return null;
        if (!await IsTreatedByAsync(change.By, patient, scope, stop))
            return new Issue(IssueKind.Forbidden, "Only who treats the patient may record, change or delete a consent.", "Consent.patient");
        return await WidensOwnAsync(change, scope, stop);
    }

    public async ValueTask ApplyAsync(Change change, CommitScope scope, CancellationToken stop)
    {
        if ((PatientOf(change.After) ?? PatientOf(change.Before)) is not { } key) return;
        var patient = await scope.RidAsync(key, stop);
        if (change.After is null) await PatientConsents.ForgetAsync(scope, patient, change.Rid, stop);
        else await PatientConsents.KeepAsync(scope, patient, change.Rid, stop);
        if (await ConsentGate.ReviewAsync(patient, (change.Rid, change.Key, change.After), scope, stop)) scope.AfterCommit(bell.Ring);
    }

    private static ResourceKey? PatientOf(Element? consent) =>
        consent is not null && References.Key(consent["patient"]) is { Type: "Patient" } key ? key : null;

    private static async ValueTask<bool> IsTreatedByAsync(AccessContext by, ResourceKey patient, CommitScope scope, CancellationToken stop) =>
        by.Role != Role.CompanyDoctor && await CareGround.HasAsync(by.OrganizationRid, by.ActorRid, await scope.RidAsync(patient, stop), scope, stop);

    // A permit may not name the writer; and one that names her, permit or denial, is not hers to change.
    private static async ValueTask<Issue?> WidensOwnAsync(Change change, CommitScope scope, CancellationToken stop)
    {
        var me = new Clinician { Key = change.By.Actor ?? default, Rid = change.By.ActorRid, Organization = change.By.Organization };
        if (change.By.Actor is { } actor && await CliniciansInCommit.FindAsync(scope, actor, stop) is { } known) me = known with { Organization = me.Organization };
        if (change.After is { } after && await NamesAsync(me, Actors(after, permitsOnly: true), scope, stop) is { } place)
            return new Issue(IssueKind.Forbidden, "Nobody may record a consent that lets herself or her own organisation in.", place);
        return change.Before is { } before && await NamesAsync(me, Actors(before, permitsOnly: false), scope, stop) is not null
            ? new Issue(IssueKind.Forbidden, "A consent that names oneself or one's own organisation is changed by someone else.", "Consent.provision")
            : null;
    }

    private static IEnumerable<ConsentActor> Actors(Element consent, bool permitsOnly) =>
        Provision.From(consent["provision"]).Tree
            .Where(p => !permitsOnly || p.Type != ProvisionType.Deny)
            .SelectMany(p => p.Actors)
            .Where(a => a.IsRecipient || !permitsOnly);

    private static async ValueTask<string?> NamesAsync(Clinician me, IEnumerable<ConsentActor> actors, CommitScope scope, CancellationToken stop)
    {
        foreach (var actor in actors)
        {
            if (actor.NamesPerson(me)) return actor.Source.Location;
            if (me.Practitioner is null || actor.Key is not { Type: "PractitionerRole" } key) continue;
            if (await CliniciansInCommit.FindAsync(scope, key, stop) is { } named && named.Practitioner == me.Practitioner) return actor.Source.Location;
        }
        return null;
    }
}
