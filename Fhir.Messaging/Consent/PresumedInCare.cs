namespace Fhir.Messaging.Consent;

/// <summary>Between those who give care consent is presumed, until a denial begins.</summary>
public static class PresumedInCare
{
    public static Verdict? Decide(AtTheGate at) => at.Recipient.NeedsConsent ? null : Verdict.Admit(Coverage.Of(at));
}
