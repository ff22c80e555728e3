using Fhir.Messaging.AddressBook;
using Fhir.Messaging.Realtime;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Rules;

namespace Fhir.Messaging.Consent;

/// <summary>
/// What a written PractitionerRole or Organization does to who takes part in threads, in the same commit: who lost her role, moved, or
/// now needs a consent is out at once. Who may take part again is judged anew, with her patients' consents.
/// </summary>
public sealed class DirectoryWrites(Bell bell) : ICommitRule
{
    public IReadOnlySet<string> Types { get; } = new HashSet<string>(StringComparer.Ordinal) { "PractitionerRole", "Organization" };

    public ValueTask<Issue?> CheckAsync(Change change, CommitScope scope, CancellationToken stop) => default;

    public async ValueTask ApplyAsync(Change change, CommitScope scope, CancellationToken stop)
    {
        foreach (var patient in change.Key.Type == "PractitionerRole" ? await NamedPersons.BornAsync(change, scope, stop) : [])
            if (await ConsentGate.ReviewAsync(patient, change, scope, stop)) scope.AfterCommit(bell.Ring);
        if (change.Version == 1 || (change is { Before: { } before, After: { } after } && Tells(before) == Tells(after))) return;
        var all = Sql.Of($"{Sql.Raw(change.Key.Type == "Organization" ? "p.org" : "p.actor")} = {change.Rid}");
        var still = change.Key.Type == "Organization" ? Still(change.After) : await StillAsync(change, scope, stop);
        var any = await ParticipantRows.EndAsync(still is null ? all : Sql.Of($"{all} and not ({still})"), scope, stop);
        if (still is not null)
            foreach (var patient in await ParticipantRows.PatientsAsync(all, scope, stop)) any |= await ConsentGate.ReviewAsync(patient, change, scope, stop);
        if (any) scope.AfterCommit(bell.Ring);
    }

    // All that the gate weighs.
    private static (Role?, ResourceKey?, ResourceKey?, Validity, bool, bool, bool) Tells(Element of)
    {
        var clinician = Clinician.From(default, 0, of);
        return (clinician.ClinicRole, clinician.Practitioner, clinician.Organization, Validity.Of(of["period"]), Organizations.IsEnded(of), Organizations.IsEmployer(of), Organizations.GivesCare(of));
    }

    // Who may go on without being judged anew; null = nobody may be in at all. She takes part for the organisation that she was let in with.
    private static async ValueTask<Sql?> StillAsync(Change change, CommitScope scope, CancellationToken stop) =>
        await CliniciansInCommit.FindAsync(scope, change.Key, stop, change) is not { IsAddressable: true } now ? null
        : change.Before is { } before && References.Key(before["practitioner"]) != now.Practitioner ? Sql.False   // another person: all is judged anew
        : now.NeedsConsent ? Sql.Of($"p.consent is not null and p.org = {now.OrganizationRid}")
        : Sql.Of($"p.org = {now.OrganizationRid}");

    private static Sql? Still(Element? organization) =>
        organization is null || Organizations.IsEnded(organization) || Organizations.IsEmployer(organization) ? null
        : Organizations.GivesCare(organization) ? Sql.True : Sql.Raw("p.consent is not null");
}
