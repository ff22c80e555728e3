using System.Text.Json.Nodes;

namespace Fhir.Messaging.Tests.AccessTests;

/// <summary>
/// Who sees what, said once more and independently of the SQL: a clinician her own practice's record and that of patients in her care, nothing of threads that
/// she takes no part in; a company doctor her threads and their patients; a practice system what is its practice's; officers no content.
/// </summary>
public sealed class NaivePolicy(IReadOnlyList<Fact> facts)
{
    private static readonly HashSet<string> Directory = new(StringComparer.Ordinal) { "Organization", "Practitioner", "PractitionerRole", "HealthcareService", "Location" };
    private static readonly HashSet<string> OfOrganizations = new(StringComparer.Ordinal) { "Schedule", "Slot", "Group", "Endpoint", "Medication" };
    private readonly Dictionary<string, Fact> _last = facts.GroupBy(f => f.Key, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Last(), StringComparer.Ordinal);

    /// <summary>The versions that stand, as they are now.</summary>
    public IEnumerable<Fact> Current => _last.Values.Where(f => f.Body is not null);

    /// <summary>A deleted version is judged by what the version before it was about.</summary>
    public bool Sees(Somebody who, Fact version) => Reaches(who, version) && Covers(who, version);

    /// <summary>Who comes as a patient or for one is let in while the record is in use.</summary>
    public bool IsLetIn(Somebody who) => who.Role is not ("patient" or "proxy") || (bool?)_last[$"Patient/{StandsFor(who)}"].Body?["active"] != false;

    /// <summary>What her token covers: of one patient and the directory, or of some types, or of a category's current versions.</summary>
    private bool Covers(Somebody who, Fact version)
    {
        if (who.IsBound && !Directory.Contains(version.Type) && !(version.Patients is [var one] && one == who.BoundTo)) return false;
        return who.Only is not { } only || only.Any(o => o.Type == version.Type && (o.Category is null || (ReferenceEquals(_last[version.Key], version) && CategoryOf(version) == o.Category)));
    }

    private static string? CategoryOf(Fact fact) => (string?)fact.Body?["category"]?[0]?["coding"]?[0]?["code"];

    /// <summary>What her role and its grounds give, whatever the token covers.</summary>
    public bool Reaches(Somebody who, Fact version)
    {
        var fact = version.Body is not null ? version : facts.Last(f => f.Key == version.Key && f.Body is not null);
        if (who.Role == "integrator" || Directory.Contains(fact.Type)) return true;
        if (who.Role is "administrator" or "privacy-officer") return false;
        if (OfOrganizations.Contains(fact.Type)) return who.Organization == fact.Home && who.Organization is not null && fact.Label <= Clearance(who);
        if (who.Role == "practice-system") return fact.Thread is null ? fact.Home == who.Organization : SystemSeesThread(who, fact);
        if (who.Role is "patient" or "proxy") return fact.Thread is null && fact.Type != "Binary" && fact.Patients is [var mine] && mine == StandsFor(who) && fact.Label <= (who.Role == "patient" ? 1 : 0);
        if (fact.Thread is { } thread) return TakesPart(who, thread);
        if (fact.Type == "Patient" && ThreadsOf(who).Any(t => SubjectOf(t) == fact.Id)) return true;
        if (who.Opens == "break-glass" && fact.Type != "Binary" && fact.Patients is [var opened] && opened == who.Opened && fact.Label <= Math.Min(1, Clearance(who))) return true;
        if (who.Role == "company-doctor" || fact.Patients.Any(p => IsDenied(who, p))) return false;
        if (fact.Type == "Consent" && RecordsConsents(who) && HomeOf(fact.Patients[0]) == who.Organization && fact.Label <= Clearance(who)) return true;
        return (fact.Home == who.Organization && fact.Label <= Clearance(who)) || (Cares(who, fact) && fact.Label <= Math.Min(1, Clearance(who)) && IsOpenedByCare(who, fact.Type));
    }

    /// <summary>A company doctor knows a patient by name, birth date and sex, and may search by nothing else.</summary>
    public static bool MaySearchBy(Somebody who, string type, string code) =>
        who.Role != "company-doctor" || type != "Patient" || code is "_id" or "_lastUpdated" or "name" or "family" or "given" or "birthdate" or "gender";

    private string? HomeOf(string patient) => _last.GetValueOrDefault($"Patient/{patient}")?.Home;

    private string StandsFor(Somebody who) => who.Role == "patient" ? who.Name : _last[$"RelatedPerson/{who.Name}"].Patients[0];

    private static int Clearance(Somebody who) => who.Role switch { "gp" or "specialist" or "psychologist" or "practice-system" => 2, "practice-nurse" => 1, _ => 0 };

    private static bool RecordsConsents(Somebody who) => who.Role is "gp" or "specialist" or "practice-nurse" or "psychologist";

    private static bool IsOpenedByCare(Somebody who, string type) => who.Role != "pharmacist" || type is "Patient" or "MedicationRequest" or "AllergyIntolerance";

    private bool SystemSeesThread(Somebody who, Fact fact) => HomeInThread(fact) == who.Organization || OwnerOf(fact.Thread!) == who.Organization;

    // What stands in a thread belongs to the organisation of who wrote it.
    private static string? HomeInThread(Fact fact) => OrganizationOf((string?)fact.Body!["sender"]!["reference"]);

    private string? OwnerOf(string thread) => HomeInThread(_last[$"Communication/{thread}"]);

    private static string? OrganizationOf(string? role) => MadeUpClinic.Clinicians.FirstOrDefault(c => c.Reference == role)?.Organization;

    private bool TakesPart(Somebody who, string thread)
    {
        var header = _last[$"Communication/{thread}"].Body!;
        return References(header["sender"]).Concat(References(header["recipient"])).Contains(who.Reference);
    }

    private IEnumerable<Fact> ThreadsOf(Somebody who) => Current.Where(f => f.Thread == f.Id && TakesPart(who, f.Id));

    private static string SubjectOf(Fact header) => header.Patients[0];

    private bool IsDenied(Somebody who, string patient) => Current.Any(f =>
        f.Type == "Consent" && f.Patients.Contains(patient) && f.Body!["provision"]!["type"]!.ToString() == "deny" && f.Body["provision"]!["actor"]!.AsArray().SelectMany(a => References(a!["reference"])).Any(r => PersonOf(r) is { } denied && denied == PersonOf(who.Reference)));

    // A denial of a role is one of the person, in each role of hers.
    private string? PersonOf(string role) => (string?)_last.GetValueOrDefault(role)?.Body?["practitioner"]?["reference"] ?? role;

    // A file is beside the record: no care opens it.
    private bool Cares(Somebody who, Fact fact) => fact.Type != "Binary" && fact.Patients is [var patient] && (patient == who.Opened || HasCareOf(who, patient));

    private bool HasCareOf(Somebody who, string patient) => Current.Any(source =>
        source.Patients is [var about] && about == patient && source.Home == HomeOf(patient) && Carers(source).Contains(who.Reference));

    private static IEnumerable<string> Carers(Fact source) => (source.Type, (string?)source.Body!["status"]) switch
    {
        ("CareTeam", "active") => source.Body["participant"]!.AsArray().SelectMany(p => References(p!["member"])),
        ("Encounter", "in-progress") => source.Body["participant"]!.AsArray().SelectMany(p => References(p!["individual"])),
        ("ServiceRequest", "active") => References(source.Body["performer"]),
        _ => [],
    };

    internal static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonArray all => all.SelectMany(References),
        JsonObject one when (string?)one["reference"] is { } text => [text],
        _ => [],
    };
}
