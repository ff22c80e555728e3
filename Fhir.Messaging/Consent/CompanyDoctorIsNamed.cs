namespace Fhir.Messaging.Consent;

/// <summary>A company doctor gets only what a specific consent covers: active, permit, now, for her or her organisation, for care.</summary>
public static class CompanyDoctorIsNamed
{
    public static Verdict? Decide(AtTheGate at)
    {
        if (!at.Recipient.NeedsConsent) return null;
        var found = at.Consents.Where(c => Covers(c, at)).OrderByDescending(c => Until(c, at)).FirstOrDefault();
        return found is null
            ? Verdict.Refuse("may be let in only under a consent of the patient that names them, is in force now and is meant for care; there is none.")
            : Verdict.Admit(Math.Min(Until(found, at), DeniedByPatient.NextStart(at)), found.Rid);
    }

    private static bool Covers(PatientConsent consent, AtTheGate at) =>
        consent.CanPermit && (at.Chosen is null || at.Chosen == consent.Key)
        && consent.Root.Period.Holds(at.Now) && consent.Root.IsForCare
        && consent.Root.Actors.Any(a => a.IsRecipient && a.Names(at.Recipient))
        && !Excepted(consent, at).Any(e => e.Period.Holds(at.Now));

    // It ends with the period, or when an exception to it begins.
    private static long Until(PatientConsent consent, AtTheGate at) =>
        Excepted(consent, at).Where(e => e.Period.From > at.Now).Select(e => e.Period.From).Append(consent.Root.Period.Until).Min();

    private static IEnumerable<Provision> Excepted(PatientConsent consent, AtTheGate at) =>
        consent.Root.Tree.Skip(1).Where(e => e.Type == ProvisionType.Deny && DeniedByPatient.Concerns(e, at));
}
