using System.Collections.Immutable;
using Fhir.Messaging.AddressBook;
using Fhir.Server.Core.Elements;
using Fhir.Server.Store.Access;

namespace Fhir.Messaging.Consent;

/// <summary>A patient's Consent as the gate reads it — https://hl7.org/fhir/R4/consent.html</summary>
public sealed record PatientConsent(long Rid, ResourceKey Key, bool Active, string? Scope, Provision Root)
{
    private const string ScopeSystem = "http://terminology.hl7.org/CodeSystem/consentscope";

    public static PatientConsent From(long rid, ResourceKey key, Element consent) => new(
        rid, key, consent["status"].Text == "active",
        consent["scope"].Each("coding").Where(c => c["system"].Text == ScopeSystem).Select(c => c["code"].Text).FirstOrDefault(),
        Provision.From(consent["provision"]));

    /// <summary>Opens threads: about privacy, active and a permit.</summary>
    public bool CanPermit => Active && Scope == "patient-privacy" && Root.Type == ProvisionType.Permit;

    /// <summary>Speaks about messages at all: a consent to research or an advance directive does not.</summary>
    public bool CanDeny => Active && Scope is not ("research" or "adr");
}

/// <summary>permit, deny, or not said.</summary>
public enum ProvisionType { None, Permit, Deny }

/// <summary>One provision; the nested ones are exceptions to it.</summary>
public sealed record Provision(ProvisionType Type, Validity Period, ImmutableArray<ConsentActor> Actors, ImmutableArray<string> Purposes, ImmutableArray<Provision> Exceptions, Element Source)
{
    private const string ActReason = "http://terminology.hl7.org/CodeSystem/v3-ActReason";

    public static Provision From(Element provision) => new(
        provision["type"].Text switch { "permit" => ProvisionType.Permit, "deny" => ProvisionType.Deny, _ => ProvisionType.None },
        Validity.Of(provision["period"]),
        [.. provision.Each("actor").Select(ConsentActor.From)],
        [.. provision.Each("purpose").Select(p => p["system"].Text == ActReason ? p["code"].Text ?? "" : "")],
        [.. provision.Each("provision").Select(From)],
        provision);

    /// <summary>Treatment or the coordination of care: what messages between clinicians are for.</summary>
    public bool IsForCare => Purposes.Any(p => p is "TREAT" or "CAREMGT");

    /// <summary>This one and all that are nested in it.</summary>
    public IEnumerable<Provision> Tree => Exceptions.SelectMany(e => e.Tree).Prepend(this);
}

/// <summary>Who a provision names; IsRecipient = in the role IRCP, information recipient.</summary>
public sealed record ConsentActor(ResourceKey? Key, bool IsRecipient, Element Source)
{
    private const string Participation = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";

    public static ConsentActor From(Element actor) => new(
        References.Key(actor["reference"]),
        actor["role"].Each("coding").Any(c => c["code"].Text == "IRCP" && c["system"].Text is Participation or null),
        actor);

    /// <summary>Names this clinician: her PractitionerRole or her Organization.</summary>
    public bool Names(Clinician clinician) => Key is { } key && (key == clinician.Key || key == clinician.Organization);

    /// <summary>The same, or herself as a person whatever her role.</summary>
    public bool NamesPerson(Clinician clinician) => Names(clinician) || (Key is { } key && key == clinician.Practitioner);

    /// <summary>For denials: names her, or it cannot be told whom it names (an identifier, a team). The address before a reference does not matter.</summary>
    public bool MayMean(Clinician clinician) => References.KeyAtEnd(Source["reference"]["reference"].Text) switch
    {
        { Type: "PractitionerRole" or "Practitioner" or "Organization" } named => (this with { Key = named }).NamesPerson(clinician),
        { Type: "Patient" or "RelatedPerson" or "Device" } => false,
        _ => true,
    };
}
