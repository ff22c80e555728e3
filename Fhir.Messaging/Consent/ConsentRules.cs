using System.Collections.Immutable;
using Fhir.Messaging.AddressBook;
using Fhir.Server.Store.Access;

namespace Fhir.Messaging.Consent;

/// <summary>One recipient at the gate: all facts come in, nothing is looked up. Chosen = the consent that the sender named.</summary>
public sealed record AtTheGate(Clinician Recipient, ImmutableArray<PatientConsent> Consents, ResourceKey? Chosen, long Now);

/// <summary>Let in until a moment, under a consent (0 = presumed); or refused. Why is for the sender: it says no more than she may know.</summary>
public sealed record Verdict(bool LetIn, long Until, long Consent, string Why)
{
    public static Verdict Refuse(string why) => new(false, 0, 0, why);
    public static Verdict Admit(long until, long consent = 0) => new(true, until, consent, "");
}

/// <summary>One line of the table: decides, or passes (null).</summary>
public delegate Verdict? ConsentRule(AtTheGate at);
