using Fhir.Messaging.AddressBook;

namespace Fhir.Messaging.Consent;

/// <summary>What the patient forbids wins over everything that permits — https://hl7.org/fhir/R4/consent.html#6.2.5</summary>
public static class DeniedByPatient
{
    public static Verdict? Decide(AtTheGate at)
    {
        var others = at.Ways;
        var denied = others.Select(o => Receiving(at, o, Item.Facts)).Concat(at.Opens ? others.Select(o => Sending(at, o)) : []);
        return Spans.Any(denied).HoldsUntil(at.Now) > 0
            ? Verdict.Refuse("may not be written to about this patient: the patient's consent does not allow it.")
            : null;
    }

    /// <summary>When nothing of that kind may reach her from that one.</summary>
    internal static Spans Receiving(AtTheGate at, Clinician? from, Item item) =>
        Spans.Any(Denials(at).Where(d => Concerns(d.Provision, from, at.Recipient) && d.Provision.Classes.Deny(item, at.Category))
            .Select(d => d.When.But(Exempt(d.Provision, at, from, item))));

    /// <summary>When she may not write to that one.</summary>
    internal static Spans Sending(AtTheGate at, Clinician? to) =>
        Spans.Any(Denials(at).Where(d => Silences(d.Provision, at.Recipient, to) && d.Provision.Classes.Deny(Item.Facts, at.Category))
            .Select(d => d.When.But(Exempt(d.Provision, at, null, Item.Facts))));

    // A denial, or an exception that names somebody (or a class, when what it stands in names nobody); it ends with what it stands in.
    private static IEnumerable<(Provision Provision, Spans When)> Denials(AtTheGate at) =>
        at.Consents.Where(c => c.CanDeny).SelectMany(c => c.Root.Type == ProvisionType.Deny
                ? [(c.Root, c.Root.Denies)]
                : c.Root.Excepted.Where(e => !e.Actors.IsEmpty || (!e.Classes.AreOpen && !c.Root.Recipients.Any())).Select(e => (e, e.Denies.And(c.Root.Denies))))
            .Where(d => d.Item1.MayBeForCare && (!at.AtHome || d.Item1.Denied.Any(a => a.Told is not null && a.MayMean(at.Recipient))));

    /// <summary>A denial without actors is meant for everyone, and so is one whose actors cannot be told; one that names who discloses means what comes from there.</summary>
    internal static bool Concerns(Provision denial, Clinician? from, Clinician to) =>
        (!denial.Denied.Any() || denial.Denied.Any(a => a.MayMean(to)))
        && (!denial.Disclosers.Any() || (from is not null && denial.Disclosers.Any(a => a.MayMean(from))));

    /// <summary>She is shut out by it, or it means what she discloses to that one.</summary>
    internal static bool Silences(Provision denial, Clinician who, Clinician? to) =>
        denial.Disclosers.Any() ? to is not null && Concerns(denial, who, to) : Concerns(denial, null, who);

    // "Nobody, except …" still reaches the one who is named, unless there is an exception to that again.
    private static Spans Exempt(Provision denial, AtTheGate at, Clinician? from, Item item) => Spans.Any(denial.Exceptions
        .Where(e => IsExemption(e) && e.Recipients.Any(a => a.Names(at.Recipient)) && e.Classes.Cover(item, at.Category)
            && (!e.Disclosers.Any() || (from is not null && e.Disclosers.Any(a => a.Names(from)))))
        .Select(e => Spans.Of(e.Period)));

    /// <summary>An exception to a denial that the house can weigh.</summary>
    internal static bool IsExemption(Provision e) =>
        e.Type == ProvisionType.Permit && (e.Purposes.IsEmpty || e.IsForCare) && !e.IsNarrowedOtherwise && !e.Excepted.Any();
}
