using System.Collections.Immutable;
using Fhir.Messaging.AddressBook;
using Fhir.Server.Core.Elements;
using Fhir.Server.Store.Access;

namespace Fhir.Messaging.Consent;

/// <summary>A patient's Consent as the gate reads it — https://hl7.org/fhir/R4/consent.html</summary>
public sealed record PatientConsent(long Rid, ResourceKey Key, bool Active, string? Scope, Provision Root)
{
    private const string ScopeSystem = "http://terminology.hl7.org/CodeSystem/consentscope";

    /// <summary>Persons = who bears the roles that it names, by the id of the role.</summary>
    public static PatientConsent From(long rid, ResourceKey key, Element consent, ILookup<string, ResourceKey>? persons = null) => new(
        rid, key, consent["status"].Text == "active",
        consent["scope"].Each("coding").Where(c => c["system"].Text == ScopeSystem).Select(c => c["code"].Text).FirstOrDefault(),
        Provision.From(consent["provision"], persons));

    /// <summary>Opens threads: about privacy, active and a permit, in words that the gate can weigh.</summary>
    public bool CanPermit => Active && Scope == "patient-privacy" && Root.Type == ProvisionType.Permit && !Root.IsNarrowedOtherwise;

    /// <summary>Speaks about messages at all: a consent to research or an advance directive does not.</summary>
    public bool CanDeny => Active && Scope is not ("research" or "adr");
}

/// <summary>permit, deny, or not said.</summary>
public enum ProvisionType { None, Permit, Deny }

/// <summary>One provision; the nested ones are exceptions to it.</summary>
public sealed record Provision(
    ProvisionType Type, Validity Period, ImmutableArray<ConsentActor> Actors, ImmutableArray<string> Purposes, ItemClasses Classes, ImmutableArray<Provision> Exceptions, Element Source)
{
    private const string ActReason = "http://terminology.hl7.org/CodeSystem/v3-ActReason";

    public static Provision From(Element provision, ILookup<string, ResourceKey>? persons = null) => new(
        provision["type"].Text switch { "permit" => ProvisionType.Permit, "deny" => ProvisionType.Deny, _ => ProvisionType.None },
        Validity.Of(provision["period"]),
        [.. provision.Each("actor").Select(a => ConsentActor.From(a, persons))],
        [.. provision.Each("purpose").Select(p => p["system"].Text == ActReason ? p["code"].Text ?? "" : "")],
        ItemClasses.From(provision.Each("class")),
        [.. provision.Each("provision").Select(p => From(p, persons))],
        provision);

    /// <summary>Treatment or the coordination of care: what messages between clinicians are for.</summary>
    public bool IsForCare => Purposes.Any(p => p is "TREAT" or "CAREMGT");

    /// <summary>For denials: no purpose named, care, or one that cannot be told.</summary>
    public bool MayBeForCare => Purposes.IsEmpty || IsForCare || Purposes.Any(p => p is "" or "ETREAT" or "PurposeOfUse");

    /// <summary>When a denial holds; a period that cannot be read does not end it.</summary>
    public Spans Denies => Period == Validity.Never ? Spans.Always : Spans.Of(Period);

    /// <summary>Those to whom it lets something go: in the role IRCP.</summary>
    public IEnumerable<ConsentActor> Recipients => Actors.Where(a => a.IsRecipient);
    /// <summary>Those from whom it comes: custodian or informant. None = whoever takes part.</summary>
    public IEnumerable<ConsentActor> Disclosers => Actors.Where(a => a.IsDiscloser);
    /// <summary>For denials: everyone named who does not only disclose.</summary>
    public IEnumerable<ConsentActor> Denied => Actors.Where(a => !a.IsDiscloser);

    /// <summary>It means only some codes, labels, dates or resources, or no disclosing at all: a permit of that kind opens nothing.</summary>
    public bool IsNarrowedOtherwise =>
        Source["code"].Exists || Source["securityLabel"].Exists || Source["dataPeriod"].Exists || Source["data"].Exists
        || (Source["action"].Exists && !Source.Each("action").SelectMany(a => a.Each("coding")).Any(c => c["code"].Text is "disclose" or "access" or "use"));

    /// <summary>This one and all that are nested in it.</summary>
    public IEnumerable<Provision> Tree => Exceptions.SelectMany(e => e.Tree).Prepend(this);

    /// <summary>What a permit does not permit: an exception that does not say what it is counts as a denial.</summary>
    public IEnumerable<Provision> Excepted => Tree.Skip(1).Where(e => e.Type != ProvisionType.Permit);
}

/// <summary>Who a provision names. Recipient = IRCP, information recipient; discloser = CST, custodian, or INF, informant.</summary>
public sealed record ConsentActor(ResourceKey? Key, bool IsRecipient, bool IsDiscloser, Element Source)
{
    private const string Participation = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";

    /// <summary>Who bears the role that it names, or bore it when it was named.</summary>
    public ImmutableArray<ResourceKey> Persons { get; init; } = [];

    public static ConsentActor From(Element actor, ILookup<string, ResourceKey>? persons)
    {
        var roles = actor["role"].Each("coding").Where(c => c["system"].Text is Participation or null).Select(c => c["code"].Text).ToList();
        var named = new ConsentActor(References.Key(actor["reference"]), roles.Contains("IRCP"), !roles.Contains("IRCP") && roles.Exists(r => r is "CST" or "INF"), actor);
        return persons is not null && named.Told is { Type: "PractitionerRole" } role ? named with { Persons = [.. persons[role.Id]] } : named;
    }

    /// <summary>Names this clinician: her PractitionerRole or her Organization.</summary>
    public bool Names(Clinician clinician) => Key is { } key && (key == clinician.Key || key == clinician.Organization);

    /// <summary>The same, or herself as a person whatever her role.</summary>
    public bool NamesPerson(Clinician clinician) => Names(clinician) || (Key is { } key && key == clinician.Practitioner);

    /// <summary>Whom it names, whatever the address before it; null when that cannot be told (an identifier, a team).</summary>
    public ResourceKey? Told => References.KeyAtEnd(Source["reference"]["reference"].Text) is { Type: "PractitionerRole" or "Practitioner" or "Organization" or "Patient" or "RelatedPerson" or "Device" } key ? key : null;

    /// <summary>For denials: names her, or another role of hers, or it cannot be told whom it names. The address before a reference does not matter.</summary>
    public bool MayMean(Clinician clinician) => Told is not { } told
        || (told.Type is "PractitionerRole" or "Practitioner" or "Organization" && (this with { Key = told }).NamesPerson(clinician))
        || (clinician.Practitioner is { } person && Persons.Contains(person));
}
