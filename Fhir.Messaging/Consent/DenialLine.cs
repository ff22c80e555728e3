using Fhir.Server.Store.Access;

namespace Fhir.Messaging.Consent;

/// <summary>
/// What a patient's Consent denies to who reads the record. Actor null = everyone, Type null = all. Exempt = not meant by the other lines of the same Consent.
/// The gate weighs threads by itself; here stands what holds for every read.
/// </summary>
public sealed record DenialLine(ResourceKey? Actor, string? Type, Validity Period, bool Exempt)
{
    private static readonly IEnumerable<ResourceKey?> Everyone = new ResourceKey?[] { null };
    private static readonly IEnumerable<string?> AllTypes = new string?[] { null };

    public static IEnumerable<DenialLine> Of(PatientConsent consent)
    {
        if (!consent.CanDeny) return [];
        var root = consent.Root;
        return root.Type == ProvisionType.Deny
            ? Denied(root, root, Everyone).Concat(root.Exceptions.SelectMany(Exempted))
            : root.Excepted.Where(e => !e.Actors.IsEmpty || !e.Classes.AreOpen)
                .SelectMany(e => Denied(e, root, root.Recipients.Any() ? Keys(root.Recipients.Select(a => a with { Persons = [] })) : Everyone));
    }

    // Otherwise = whom it means when it names nobody: everyone, or whom the permit lets in to which it is an exception.
    private static IEnumerable<DenialLine> Denied(Provision denial, Provision root, IEnumerable<ResourceKey?> otherwise)
    {
        if (!denial.MayBeForCare || Within(denial, root) is not { } period) return [];
        var actors = denial.Actors.IsEmpty ? otherwise : denial.Denied.Any() ? Keys(denial.Denied) : Everyone;
        // It names who discloses and nobody who receives: nobody but the one who has it.
        var holders = denial.Denied.Any() ? [] : denial.Disclosers.Select(a => a.Key).OfType<ResourceKey>();
        var lines = actors.Select(a => (Actor: a, Exempt: false)).Concat(holders.Select(h => (Actor: (ResourceKey?)h, Exempt: true))).ToList();
        return from type in Types(denial.Classes, denial.Classes.Unknown || denial.Classes.AreOpen)
               from line in lines
               select new DenialLine(line.Actor, type, period, line.Exempt);
    }

    private static IEnumerable<DenialLine> Exempted(Provision e) =>
        !DeniedByPatient.IsExemption(e) || e.Disclosers.Any() || e.Period.From >= e.Period.Until
            ? []
            : from type in Types(e.Classes, e.Classes.AreOpen)
              from actor in e.Recipients.Select(a => a.Key).Where(k => k is { Type: "PractitionerRole" or "Organization" })
              select new DenialLine(actor, type, e.Period, true);

    private static IEnumerable<string?> Types(ItemClasses classes, bool all) => all ? AllTypes : classes.Types;

    // A permit's exceptions end with it; a period that cannot be read does not end a denial.
    private static Validity? Within(Provision denial, Provision root)
    {
        var (own, outer) = (Read(denial.Period), Read(root.Period));
        var both = new Validity(Math.Max(own.From, outer.From), Math.Min(own.Until, outer.Until));
        return both.From < both.Until ? both : null;
    }

    private static Validity Read(Validity period) => period == Validity.Never ? Validity.Always : period;

    // A role, and who bears it. Whom it cannot tell, it takes for everyone; patients, relatives and devices read on no ground that a denial could take.
    private static IEnumerable<ResourceKey?> Keys(IEnumerable<ConsentActor> actors) =>
        actors.SelectMany(a => a.Persons.Select(p => (ResourceKey?)p).Prepend(a.Told)).Where(k => k is not { Type: "Patient" or "RelatedPerson" or "Device" });
}
