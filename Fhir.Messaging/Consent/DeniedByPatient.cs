namespace Fhir.Messaging.Consent;

/// <summary>What the patient forbids wins over everything that permits — https://hl7.org/fhir/R4/consent.html#6.2.5</summary>
public static class DeniedByPatient
{
    public static Verdict? Decide(AtTheGate at) =>
        Denials(at).Any(d => d.Period.Holds(at.Now)) ? Verdict.Refuse("may not be written to about this patient: the patient's consent does not allow it.") : null;

    /// <summary>When the next denial begins that is not in force yet; an admission ends there.</summary>
    public static long NextStart(AtTheGate at) =>
        Denials(at).Where(d => d.Period.From > at.Now && d.Period.Until > d.Period.From).Select(d => d.Period.From).DefaultIfEmpty(long.MaxValue).Min();

    private static IEnumerable<Provision> Denials(AtTheGate at) =>
        at.Consents.Where(c => c.CanDeny).Select(c => c.Root).Where(root => root.Type == ProvisionType.Deny && Concerns(root, at) && !IsExempt(root, at));

    /// <summary>A denial without actors is meant for everyone, and so is one whose actors cannot be told; one without purposes for every purpose; narrower words (data, class) are not weighed.</summary>
    public static bool Concerns(Provision denial, AtTheGate at) =>
        (denial.Actors.IsEmpty || denial.Actors.Any(a => a.MayMean(at.Recipient))) && (denial.Purposes.IsEmpty || denial.IsForCare);

    // "Nobody, except …" still reaches the one who is named.
    private static bool IsExempt(Provision denial, AtTheGate at) =>
        denial.Exceptions.Any(e => e.Type == ProvisionType.Permit && e.Period.Holds(at.Now) && e.Actors.Any(a => a.Names(at.Recipient)));
}
