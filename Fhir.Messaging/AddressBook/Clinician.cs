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
    /// <summary>Her organisation employs the patients: it is never let in, under no consent.</summary>
    public bool AtEmployer { get; init; }

    /// <summary>Her organisation does not work any more.</summary>
    public bool OrganizationEnded { get; init; }

    /// <summary>Presumed consent holds only between those who give care.</summary>
    public bool NeedsConsent => !InCare || ClinicRole is null || !ClinicRole.Can(Ability.Presumed);

    /// <summary>She has a role in the clinic, and an organisation that works and is no employer.</summary>
    public bool IsAddressable => ClinicRole is not null && OrganizationRid != 0 && !AtEmployer && !OrganizationEnded;

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
            .Select(c => Role.Parse(c["code"].Text)).OfType<Role>();
        return roles.Where(r => r.Can(Ability.Addressed)).OrderBy(r => r.Can(Ability.Presumed)).FirstOrDefault();
    }
}

/// <summary>What an Organization says of itself.</summary>
public static class Organizations
{
    /// <summary>False for an occupational health service and for an employer: they get no BSN, and no presumed consent.</summary>
    public static bool GivesCare(Element organization) => !Kinds(organization).Any(kind => kind is "occupational-health" or "employer");

    public static bool IsEnded(Element organization) => organization["active"].Text == "false";

    public static bool IsEmployer(Element organization) => Kinds(organization).Contains("employer");

    private static IEnumerable<string?> Kinds(Element organization) =>
        organization.Each("type").SelectMany(t => t.Each("coding")).Where(c => c["system"].Text == ClinicUrls.OrganizationKind).Select(c => c["code"].Text);
}
