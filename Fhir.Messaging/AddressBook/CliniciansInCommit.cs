using Fhir.Server.Store.Access;
using Fhir.Server.Store.Rules;

namespace Fhir.Messaging.AddressBook;

/// <summary>Looks clinicians up inside a commit.</summary>
public static class CliniciansInCommit
{
    /// <summary>The clinician of a PractitionerRole, or null when there is none by that name.</summary>
    public static async ValueTask<Clinician?> FindAsync(CommitScope scope, ResourceKey key, CancellationToken stop)
    {
        if (key.Type != "PractitionerRole" || await scope.ReadAsync(key, stop) is not { } role) return null;
        return await WithOrganizationAsync(scope, Clinician.From(key, await scope.RidAsync(key, stop), role), stop);
    }

    public static async ValueTask<Clinician?> FindAsync(CommitScope scope, long rid, CancellationToken stop) =>
        await scope.ReadAsync(rid, stop) is var (key, role) && key.Type == "PractitionerRole"
            ? await WithOrganizationAsync(scope, Clinician.From(key, rid, role), stop)
            : null;

    private static async ValueTask<Clinician> WithOrganizationAsync(CommitScope scope, Clinician clinician, CancellationToken stop)
    {
        if (clinician.Organization is not { Type: "Organization" } key) return clinician;
        var organization = await scope.ReadAsync(key, stop);
        return clinician with
        {
            OrganizationRid = await scope.RidAsync(key, stop),
            InCare = organization is not null && Organizations.GivesCare(organization),
            AtEmployer = organization is not null && Organizations.IsEmployer(organization),
        };
    }
}
