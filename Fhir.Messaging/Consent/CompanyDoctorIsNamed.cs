namespace Fhir.Messaging.Consent;

/// <summary>A company doctor gets only what a specific consent covers: active, permit, now, for her or her organisation, for care, in this direction and of this class.</summary>
public static class CompanyDoctorIsNamed
{
    public static Verdict? Decide(AtTheGate at)
    {
        if (!at.Recipient.NeedsConsent) return null;
        var reach = Coverage.Of(at);
        var under = Coverage.Of(at, sending: at.Opens).ToList();
        var chosen = at.Chosen is null ? under.FirstOrDefault() : under.Find(c => c.Key == at.Chosen);
        return (at.Opens ? reach.Sends : reach.Receives) > 0 && chosen is not null
            ? Verdict.Admit(reach, chosen.Rid)
            : Verdict.Refuse("may be let in only under a consent of the patient that names them, covers this, is in force now and is meant for care; there is none.");
    }
}
