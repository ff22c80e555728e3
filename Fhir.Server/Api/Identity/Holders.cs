using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Resources;

namespace Fhir.Server.Api.Identity;

/// <summary>A resource that vouches for somebody: what it says, and its rid.</summary>
internal sealed record Voucher(ResourceKey Key, long Rid, Element Content);

/// <summary>A clinician's role at an organisation, as it holds now.</summary>
internal sealed record Post(Role Role, Voucher Itself, Voucher Practitioner, Voucher Organization);

/// <summary>What the record says of those who hold tokens. It has the last word: whatever is absent, ended, inactive or in doubt is null, and null is no access.</summary>
public sealed class Holders(ResourceStore store, TimeProvider clock)
{
    private const string RoleSystem = $"{ApiSettings.Canonical}/CodeSystem/clinic-role", KindSystem = $"{ApiSettings.Canonical}/CodeSystem/organization-kind";

    private long NowMicros => Micros.Of(clock.GetUtcNow());

    /// <summary>An active PractitionerRole in its period, with a role of ours, an active practitioner, and an organisation that may have access.</summary>
    internal async Task<Post?> PostAsync(string? reference, CancellationToken stop)
    {
        if (await FindAsync(reference, "PractitionerRole", stop) is not { } itself) return null;
        var content = itself.Content;
        if (content["active"].Text != "true" || !Validity.Of(content["period"]).Holds(NowMicros)) return null;
        if (RoleIn(content) is not { Kind: RoleKind.Person } role) return null;
        if (await FindAsync(content["practitioner"]["reference"].Text, "Practitioner", stop) is not { } practitioner) return null;
        return await OrganizationAsync(content["organization"]["reference"].Text, stop) is { } organization ? new(role, itself, practitioner, organization) : null;
    }

    /// <summary>An active organisation; never an employer: whoever pays for the work has no business in the record.</summary>
    internal async Task<Voucher?> OrganizationAsync(string? reference, CancellationToken stop) =>
        await FindAsync(reference, "Organization", stop) is { } found && !Codes(found.Content, "type", KindSystem).Contains("employer", StringComparer.Ordinal) ? found : null;

    internal Task<Voucher?> PatientAsync(string? reference, CancellationToken stop) => FindAsync(reference, "Patient", stop);

    /// <summary>A patient whose Patient resource has been deleted: her log is still hers.</summary>
    internal async Task<(ResourceKey Key, long Rid)?> DeletedPatientAsync(string? reference, CancellationToken stop) =>
        reference?.Split('/') is ["Patient", { Length: > 0 } id] && await store.DeletedAsync(new("Patient", id), stop) is > 0 and var rid ? (new("Patient", id), rid) : null;

    /// <summary>The patient for whom a RelatedPerson speaks now. Only the patient's own practice can say so: else whoever may write one would name herself.</summary>
    internal async Task<(Voucher Proxy, Voucher Patient)?> ProxyAsync(string? reference, CancellationToken stop)
    {
        if (await FindAsync(reference, "RelatedPerson", stop) is not { } proxy || !Validity.Of(proxy.Content["period"]).Holds(NowMicros)) return null;
        if (await PatientAsync(proxy.Content["patient"]["reference"].Text, stop) is not { } patient) return null;
        var (home, patients) = (await store.HomeAsync(proxy.Rid, stop), await store.HomeAsync(patient.Rid, stop));
        return home != 0 && home == patients ? (proxy, patient) : null;
    }

    // What is there and does not say that it is inactive.
    private async Task<Voucher?> FindAsync(string? reference, string type, CancellationToken stop)
    {
        if (reference?.Split('/') is not [var named, { Length: > 0 } id] || named != type) return null;
        if ((await store.ReadAsync(new(type, id), AccessContext.House("sign-in", NowMicros), stop)).Failed(out _, out var found)) return null;
        if (JsonReader.Read(found.Body, DefinitionSet.R4).Failed(out _, out var content) || content["active"].Text == "false") return null;
        return new(new(type, id), found.Rid, content);
    }

    private static Role? RoleIn(Element role) => Role.Parse(Codes(role, "code", RoleSystem).FirstOrDefault());

    private static IEnumerable<string?> Codes(Element of, string name, string system) =>
        of.Each(name).SelectMany(concept => concept.Each("coding")).Where(coding => coding["system"].Text == system).Select(coding => coding["code"].Text);
}
