using Fhir.Server.Core.Elements;
using Fhir.Server.Store.Access;

namespace Fhir.Server.Store.Rules;

/// <summary>Somebody whom a resource names as caring: in her own period (Own), within that of the resource (Whole).</summary>
internal readonly record struct Carer(ResourceKey Actor, Validity Own, Validity Whole);

/// <summary>Whom a resource names. A PractitionerRole is meant in that role; a Practitioner in every role that care opens something to.</summary>
internal static class CareNames
{
    public static IEnumerable<Carer> In(Element resource) => resource.Type switch
    {
        "CareTeam" => Participants(resource, "member"),
        "Encounter" => Participants(resource, "individual"),
        "EpisodeOfCare" => Named(resource["careManager"], Validity.Always, Validity.Of(resource["period"])),
        // When the service is wanted (occurrencePeriod) does not say how long it takes: a referral holds until it is closed.
        "ServiceRequest" => resource.Each("performer").SelectMany(performer => Named(performer, Validity.Always, Validity.Always)),
        _ => [],
    };

    private static IEnumerable<Carer> Participants(Element resource, string name)
    {
        var whole = Validity.Of(resource["period"]);
        return resource.Each("participant").SelectMany(participant => Named(participant[name], Validity.Of(participant["period"]), whole));
    }

    private static IEnumerable<Carer> Named(Element reference, Validity own, Validity whole) =>
        reference["reference"].Text?.Split('/') is [("PractitionerRole" or "Practitioner") and var type, { Length: > 0 } id] ? [new(new(type, id), own, whole)] : [];
}
