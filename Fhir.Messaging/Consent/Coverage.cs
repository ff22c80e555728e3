using Fhir.Messaging.AddressBook;

namespace Fhir.Messaging.Consent;

/// <summary>
/// When something may go from one to another under a patient's consents. Consents add up: one per direction, class or period; a
/// consent without disclosers holds both ways. What is denied is taken off.
/// </summary>
internal static class Coverage
{
    public static Reach Of(AtTheGate at)
    {
        long Until(Spans spans) => spans.HoldsUntil(at.Now);
        var (receives, sends, letters) = (Until(Receives(at, Item.Facts)), Until(Sends(at)), Until(Receives(at, Item.Letters)));
        return new(receives > 0 ? receives : at.Opens ? sends : 0, receives, sends, letters);
    }

    /// <summary>The consents under which she is let in now, the longest first.</summary>
    public static IEnumerable<PatientConsent> Of(AtTheGate at, bool sending) =>
        at.Consents.Select(c => (Consent: c, Until: Spans.Any(at.Ways.Select(o => sending ? Out(c, at, o) : In(c, at, o, Item.Facts))).HoldsUntil(at.Now)))
            .Where(c => c.Until > 0).OrderByDescending(c => c.Until).Select(c => c.Consent);

    // Whatever is written goes to everyone in the thread: all ways must be open.
    private static Spans Receives(AtTheGate at, Item item) => Spans.All(at.Ways.Select(from =>
        (at.Recipient.NeedsConsent ? Spans.Any(at.Consents.Select(c => In(c, at, from, item))) : Spans.Always).But(DeniedByPatient.Receiving(at, from, item))));

    private static Spans Sends(AtTheGate at) => Spans.All(at.Ways.Select(to =>
        (at.Recipient.NeedsConsent ? Spans.Any(at.Consents.Select(c => Out(c, at, to))) : Spans.Always).But(DeniedByPatient.Sending(at, to))));

    private static Spans In(PatientConsent consent, AtTheGate at, Clinician? from, Item item) =>
        Permits(consent, at, item) && consent.Root.Recipients.Any(a => a.Names(at.Recipient)) && ComesFrom(consent.Root, from)
            ? When(consent, e => DeniedByPatient.Concerns(e, from, at.Recipient) && e.Classes.Deny(item, at.Category))
            : Spans.None;

    private static Spans Out(PatientConsent consent, AtTheGate at, Clinician? to)
    {
        if (!Permits(consent, at, Item.Facts)) return Spans.None;
        var both = !consent.Root.Disclosers.Any() && consent.Root.Recipients.Any(a => a.Names(at.Recipient));
        var oneWay = to is not null && consent.Root.Disclosers.Any(a => a.Names(at.Recipient)) && consent.Root.Recipients.Any(a => a.Names(to));
        return both || oneWay
            ? When(consent, e => Excepts(e) && e.Classes.Deny(Item.Facts, at.Category))
            : Spans.None;

        bool Excepts(Provision e) => DeniedByPatient.Silences(e, at.Recipient, to) || (oneWay && DeniedByPatient.Concerns(e, at.Recipient, to!));
    }

    private static bool Permits(PatientConsent consent, AtTheGate at, Item item) =>
        consent.CanPermit && consent.Root.IsForCare && consent.Root.Classes.Cover(item, at.Category);

    private static bool ComesFrom(Provision root, Clinician? from) =>
        !root.Disclosers.Any() || (from is not null && root.Disclosers.Any(a => a.Names(from)));

    private static Spans When(PatientConsent consent, Func<Provision, bool> excepts) =>
        Spans.Of(consent.Root.Period).But(Spans.Any(consent.Root.Excepted.Where(e => e.MayBeForCare && excepts(e)).Select(e => e.Denies)));
}
