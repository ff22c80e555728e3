using Fhir.Messaging.AddressBook;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Rules;

namespace Fhir.Messaging.Consent;

/// <summary>
/// Who records a Consent: a clinician who treats the patient (or an assistant on her behalf), in the patient's own name, and never for
/// herself: nobody lets herself or her organisation in, and nobody lifts a denial that shuts her out.
/// </summary>
internal static class ConsentRecorder
{
    public static async ValueTask<Issue?> CheckAsync(Change change, ResourceKey patient, CommitScope scope, CancellationToken stop)
    {
        var selves = await SelvesAsync(change.By, scope, stop);
        if (!MayRecord(change.By, selves)) return No("A consent is recorded by a clinician, or by an assistant on behalf of one.", "Consent");
        if (!await IsTreatedByAsync(change.By, patient, scope, stop) || !await SeesAsync(change.By, patient, scope, stop)) return No("Only who treats the patient may record, change or delete a consent.", "Consent.patient");
        if (change.After is { } given && !given.Each("performer").Any(p => References.Key(p) == patient)) return No("A consent is given by the patient: performer names the patient.", "Consent.performer");
        if (!await IsTreatedByAsync(change.By, patient, scope, stop, declared: false) && await NarrowsKeeperAsync(change, patient, scope, stop))
            return No("Who declared her care herself records no denial that the practice which keeps the record falls under.", "Consent.provision");
        var keepsRecord = await CareGround.IsHomeAsync(change.By.OrganizationRid, await scope.RidAsync(patient, stop), scope, stop);
        foreach (var me in selves)
            if (await WidensOwnAsync(me, keepsRecord, change, scope, stop) is { } issue) return issue;
        return null;
    }

    // Herself, and the one on whose behalf she acts: what either may not record, neither may.
    private static async ValueTask<List<Clinician>> SelvesAsync(AccessContext by, CommitScope scope, CancellationToken stop)
    {
        var selves = new List<Clinician>();
        foreach (var key in new[] { by.Actor, by.OnBehalfOf }.OfType<ResourceKey>())
        {
            var known = await CliniciansInCommit.FindAsync(scope, key, stop) ?? new Clinician { Key = key, Rid = await scope.RidAsync(key, stop) };
            selves.Add(key == by.Actor ? known with { Organization = by.Organization } : known);
        }
        return selves;
    }

    private static bool MayRecord(AccessContext by, List<Clinician> selves) =>
        by.Actor is not null
        && (by.Role.Can(Ability.RecordsConsent)
            || (by.Role.Can(Ability.ActsOnBehalf) && selves.Exists(s => s.Key == by.OnBehalfOf && s.ClinicRole?.Can(Ability.RecordsConsent) == true)));

    private static async ValueTask<bool> IsTreatedByAsync(AccessContext by, ResourceKey patient, CommitScope scope, CancellationToken stop, bool declared = true)
    {
        var rid = await scope.RidAsync(patient, stop);
        return await CareGround.HasAsync(by.OrganizationRid, by.ActorRid, rid, scope, stop, declared)
            || (by.OnBehalfOfRid != 0 && await CareGround.HasAsync(0, by.OnBehalfOfRid, rid, scope, stop, declared));
    }

    // Whom the patient shut out speaks for him no more; broken glass shows his record and gives no say.
    private static async ValueTask<bool> SeesAsync(AccessContext by, ResourceKey patient, CommitScope scope, CancellationToken stop)
    {
        var sees = by with { NowMicros = scope.AtMicros, Role = by.Role with { Abilities = by.Role.Abilities & ~Ability.BreaksGlass } };
        return await scope.Session.FirstAsync(Sql.Of($"select 1 from res r where r.rid = {await scope.RidAsync(patient, stop)} and {sees.Sees("r", "Patient", Permission.None)}"), r => r.GetInt64(0), stop) == 1;
    }

    // It denies something to everyone, to the practice that keeps the record, or to somebody there. A person may work anywhere, there too.
    private static async ValueTask<bool> NarrowsKeeperAsync(Change change, ResourceKey patient, CommitScope scope, CancellationToken stop)
    {
        if (change.After is not { } after) return false;
        var rid = await scope.RidAsync(patient, stop);
        foreach (var line in DenialLine.Of(PatientConsent.From(change.Rid, change.Key, after)).Where(line => !line.Exempt))
        {
            var organization = line.Actor switch
            {
                null or { Type: "Practitioner" } => 0,
                { Type: "Organization" } key => await scope.RidAsync(key, stop),
                { } key => await CliniciansInCommit.FindAsync(scope, key, stop) is { } named ? named.OrganizationRid : 0,
            };
            if (organization == 0 || await CareGround.IsHomeAsync(organization, rid, scope, stop) || await WorksThereTooAsync(line.Actor!.Value, rid, scope, stop)) return true;
        }
        return false;
    }

    // A denial of a role means the person: has she another, with the practice that keeps the record?
    private static async ValueTask<bool> WorksThereTooAsync(ResourceKey role, long patient, CommitScope scope, CancellationToken stop)
    {
        if (await CliniciansInCommit.FindAsync(scope, role, stop) is not { Practitioner: { } person }) return false;
        var rid = await scope.RidAsync(person, stop);
        await scope.FlushAsync(stop);
        var roles = Sql.Of($"select l.rid from ix_ref l where l.p in (select p from param where name = {"PractitionerRole.practitioner"}) and l.t = {rid}");
        foreach (var other in await scope.Session.QueryAsync(roles, r => r.GetInt64(0), stop))
            if (await CliniciansInCommit.FindAsync(scope, other, stop) is { } there && await CareGround.IsHomeAsync(there.OrganizationRid, patient, scope, stop)) return true;
        return false;
    }

    private static async ValueTask<Issue?> WidensOwnAsync(Clinician me, bool keepsRecord, Change change, CommitScope scope, CancellationToken stop)
    {
        if (change.After is { } after && await MeansAsync(me, LetIn(after, me), scope, stop, colleagues: true) is { } place)
            return No("Nobody may record a consent that lets herself or her own organisation in, or of which it cannot be told whom it lets in.", place);
        if (change.Before is not { } before) return null;
        var shutOut = Provision.From(before["provision"], await NamedPersons.OfAsync(change.Rid, scope, stop)).Tree.Where(p => p.Type != ProvisionType.Permit).SelectMany(p => p.Actors);
        // A denial of everyone, or of whom nobody can tell, does not shut out the practice that keeps the record: there the patient takes it back.
        if (keepsRecord) shutOut = shutOut.Where(a => a.Told is not null);
        var everyone = !keepsRecord && DenialLine.Of(PatientConsent.From(change.Rid, change.Key, before)).Any(line => line is { Actor: null, Exempt: false });
        return everyone || await MeansAsync(me, LetIn(before, me).Concat(shutOut), scope, stop) is not null
            ? No("A consent that lets in or shuts out oneself or one's own organisation is changed by someone else.", "Consent.provision")
            : null;
    }

    // Who is let in: whoever may receive, and who needs a consent to write, whoever may disclose. A denial lets nobody in, its exceptions do.
    private static IEnumerable<ConsentActor> LetIn(Element consent, Clinician me) =>
        Provision.From(consent["provision"]).Tree.Where(p => p.Type != ProvisionType.Deny)
            .SelectMany(p => p.Actors).Where(a => a.IsRecipient || (a.IsDiscloser && me.NeedsConsent));

    // In whatever role; colleagues: or somebody of her own organisation.
    private static async ValueTask<string?> MeansAsync(Clinician me, IEnumerable<ConsentActor> actors, CommitScope scope, CancellationToken stop, bool colleagues = false)
    {
        foreach (var actor in actors)
        {
            if (actor.MayMean(me)) return actor.Source.Location;
            if (actor.Told is not { Type: "PractitionerRole" } key || await CliniciansInCommit.FindAsync(scope, key, stop) is not { } named) continue;
            if ((me.Practitioner is not null && named.Practitioner == me.Practitioner) || (colleagues && me.Organization is not null && named.Organization == me.Organization)) return actor.Source.Location;
        }
        return null;
    }

    private static Issue No(string text, string place) => new(IssueKind.Forbidden, text, place);
}
