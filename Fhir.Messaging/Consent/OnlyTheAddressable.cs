namespace Fhir.Messaging.Consent;

/// <summary>Who has no role in the clinic, or no organisation, cannot be written to; an employer never.</summary>
public static class OnlyTheAddressable
{
    public static Verdict? Decide(AtTheGate at) =>
        at.Recipient.IsAddressable
            ? null
            : Verdict.Refuse("is no clinician who can be written to: an active PractitionerRole with a role of clinic-role and an organisation that is no employer is needed.");
}
