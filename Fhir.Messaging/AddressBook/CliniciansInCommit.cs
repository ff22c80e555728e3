using Fhir.Server.Core.Elements;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Rules;

namespace Fhir.Messaging.AddressBook;

/// <summary>Looks clinicians up inside a commit. Changed = a PractitionerRole or Organization that is being written: its new content counts.</summary>
public static class CliniciansInCommit
{
    /// <summary>The clinician of a PractitionerRole, or null when there is none by that name.</summary>
    public static async ValueTask<Clinician?> FindAsync(CommitScope scope, ResourceKey key, CancellationToken stop, Change? changed = null) =>
        key.Type == "PractitionerRole" && await ReadAsync(scope, key, changed, stop) is { } role
            ? await OfAsync(scope, key, await scope.RidAsync(key, stop), role, changed, stop)
            : null;

    public static async ValueTask<Clinician?> FindAsync(CommitScope scope, long rid, CancellationToken stop, Change? changed = null)
    {
        if (changed?.Rid == rid) return await FindAsync(scope, changed.Key, stop, changed);   // it may be new, and not stored yet
        return await scope.ReadAsync(rid, stop) is var (key, role) && key.Type == "PractitionerRole" ? await OfAsync(scope, key, rid, role, changed, stop) : null;
    }

    private static async ValueTask<Clinician> OfAsync(CommitScope scope, ResourceKey key, long rid, Element role, Change? changed, CancellationToken stop)
    {
        var clinician = Clinician.From(key, rid, role);
        if (!Validity.Of(role["period"]).Holds(scope.AtMicros)) clinician = clinician with { ClinicRole = null };
        if (clinician.Organization is not { Type: "Organization" } where) return clinician;
        var organization = await ReadAsync(scope, where, changed, stop);
        return clinician with
        {
            OrganizationRid = await scope.RidAsync(where, stop),
            InCare = organization is not null && Organizations.GivesCare(organization),
            AtEmployer = organization is not null && Organizations.IsEmployer(organization),
            OrganizationEnded = organization is null || Organizations.IsEnded(organization),
        };
    }

    private static async ValueTask<Element?> ReadAsync(CommitScope scope, ResourceKey key, Change? changed, CancellationToken stop) =>
        changed?.Key == key ? changed.After : await scope.ReadAsync(key, stop);
}
