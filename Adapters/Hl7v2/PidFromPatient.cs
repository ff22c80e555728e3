using Fhir.Messaging.Delivery;

namespace Adapters.Hl7v2;

/// <summary>PID as Dutch practice systems read it: the BSN under NLMINBIZA, other numbers as PI or MR — HL7 v2.4, 3.4.2</summary>
internal static class PidFromPatient
{
    /// <summary>False when no identifier is left to know the patient by; a BSN that fails its check is never sent.</summary>
    public static bool Add(Hl7Builder message, OutboundPatient patient)
    {
        message.Segment("PID").Set(1, "1");
        var known = patient.Identifiers.Select(Known).OfType<Number>().Distinct().OrderByDescending(number => number.Type == "NNNLD").ToList();
        for (var i = 0; i < known.Count; i++)
            message.Set(3, known[i].Value, repetition: i + 1)
                .Set(3, known[i].Assigner, component: 4, repetition: i + 1)
                .Set(3, known[i].Type, component: 5, repetition: i + 1);
        Name(message, patient);
        message.Set(7, BirthDate(patient.BirthDate)).Set(8, Sex(patient.Gender));
        return known.Count > 0;
    }

    private sealed record Number(string Value, string? Assigner, string Type);

    private static Number? Known(OutboundIdentifier identifier) => identifier switch
    {
        _ when string.IsNullOrWhiteSpace(identifier.Value) => null,
        _ when Bsn.IsSystem(identifier.System) => Bsn.IsValid(identifier.Value) ? new(identifier.Value, "NLMINBIZA", "NNNLD") : null,
        { Type: "MR" } => new(identifier.Value, identifier.Assigner, "MR"),
        { Type: "PI" or null } => new(identifier.Value, identifier.Assigner, "PI"),
        _ => null,   // a passport or licence number is not how a practice system finds its patient
    };

    // PID-5.1 in its Dutch form: the whole family name, its prefix, the name without it.
    private static void Name(Hl7Builder message, OutboundPatient patient)
    {
        var (whole, own) = (patient.Family, "");
        if (patient.FamilyPrefix is { Length: > 0 } prefix)
        {
            var hasPrefix = patient.Family.StartsWith(prefix + " ", StringComparison.OrdinalIgnoreCase);
            own = hasPrefix ? patient.Family[(prefix.Length + 1)..] : patient.Family;
            whole = hasPrefix ? patient.Family : $"{prefix} {own}";
        }
        message.Set(5, whole).Set(5, patient.FamilyPrefix, subcomponent: 2).Set(5, own, subcomponent: 3)
            .Set(5, patient.Given.FirstOrDefault(), component: 2)
            .Set(5, string.Join(' ', patient.Given.Skip(1)), component: 3)
            .Set(5, "L", component: 7);
    }

    private static string? BirthDate(string? date) =>
        date is { Length: 4 or 7 or 10 } ? date.Replace("-", "", StringComparison.Ordinal) : null;

    // HL7 table 0001
    private static string? Sex(string? gender) => gender switch
    {
        "male" => "M",
        "female" => "F",
        "other" => "O",
        "unknown" => "U",
        _ => null,
    };
}
