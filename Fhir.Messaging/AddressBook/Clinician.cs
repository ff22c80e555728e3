using Fhir.Server.Core.Elements;
using Fhir.Server.Store.Access;

namespace Fhir.Messaging.AddressBook;

/// <summary>Someone who can be addressed, as her PractitionerRole tells it. ClinicRole null = no role of clinic-role: cannot be addressed.</summary>
public sealed record Clinician
{
    public required ResourceKey Key { get; init; }
    public required long Rid { get; init; }
    public Role? ClinicRole { get; init; }
    public ResourceKey? Practitioner { get; init; }
    public ResourceKey? Organization { get; init; }
    public long OrganizationRid { get; init; }
    /// <summary>Her organisation gives care; false for an occupational health service.</summary>
    public bool InCare { get; init; } = true;

    /// <summary>Presumed consent holds only between those who give care.</summary>
    public bool NeedsConsent => ClinicRole == Role.CompanyDoctor || !InCare;

    /// <summary>Reads what the PractitionerRole itself says; who has two roles counts as the one that is let in the least.</summary>
    public static Clinician From(ResourceKey key, long rid, Element role) => new()
    {
        Key = key, Rid = rid, ClinicRole = role["active"].Text == "false" ? null : RoleOf(role),
        Practitioner = References.Key(role["practitioner"]), Organization = References.Key(role["organization"]),
    };

    private static Role? RoleOf(Element role)
    {
        var roles = role.Each("code").SelectMany(c => c.Each("coding"))
            .Where(c => c["system"].Text == ClinicUrls.ClinicRole)
            .Select(c => Role.Parse(c["code"].Text)).OfType<Role>().ToList();
        if (roles.Contains(Role.CompanyDoctor)) return Role.CompanyDoctor;
        return roles.FirstOrDefault(r => r.Can(Ability.Addressed));
    }
}

/// <summary>What an Organization says of itself.</summary>
public static class Organizations
{
    /// <summary>False for an occupational health service: it gets no BSN, and no presumed consent.</summary>
    public static bool GivesCare(Element organization) =>
        !organization.Each("type").SelectMany(t => t.Each("coding"))
            .Any(c => c["system"].Text == ClinicUrls.OrganizationKind && c["code"].Text == "occupational-health");
}
