using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Fhir.Server.Store.Access;

/// <summary>The roles, as data: a new one is a new line here and a concept of CodeSystem clinic-role. A dash stands for nothing, a star for everything.</summary>
public static class RoleTable
{
    // code, kind, sees on the ground of, writes what is kept by, highest label, abilities, types that a care relation opens
    private const string Lines =
        """
        gp               person   practice,care,threads     patient,message,policy     2  addressed,presumed,recordsConsent,declaresCare,breaksGlass  *
        company-doctor   person   threads                   message                    0  addressed                                                   -
        specialist       person   practice,care,threads     patient,message,policy     2  addressed,presumed,recordsConsent,declaresCare,breaksGlass  *
        assistant        person   practice,care,threads     patient,message,policy     0  addressed,presumed,actsOnBehalf                             *
        practice-nurse   person   practice,care,threads     patient,message,policy     1  addressed,presumed,recordsConsent,declaresCare,breaksGlass  *
        psychologist     person   practice,care,threads     patient,message,policy     2  addressed,presumed,recordsConsent,declaresCare              *
        midwife          person   practice,care,threads     patient,message,policy     1  addressed,presumed,recordsConsent,declaresCare,breaksGlass  *
        out-of-hours     person   practice,care,threads     patient,message,policy     1  addressed,presumed,recordsConsent,declaresCare,breaksGlass  *
        pharmacist       person   practice,care,threads     patient,message            0  addressed,presumed,declaresCare                             medication
        paramedic        person   practice,care,threads     patient,message            0  addressed,presumed,declaresCare                             *
        patient          patient  self                      -                          1  -                                                           -
        proxy            patient  self                      -                          0  -                                                           -
        practice-system  system   practice,practiceThreads  patient,message,own,audit  2  -                                                           -
        integrator       system   -                         -                          2  -                                                           -
        administrator    officer  -                         directory,definition       0  -                                                           -
        privacy-officer  officer  reviews                   -                          0  -                                                           -
        """;

    // What a pharmacist needs to guard a medication: https://www.knmp.nl (professional summary for dispensing)
    private static readonly FrozenSet<string> Medication = FrozenSet.ToFrozenSet(
        ["Patient", "AllergyIntolerance", "DetectedIssue", "Flag", "Immunization", "MedicationAdministration", "MedicationDispense", "MedicationRequest", "MedicationStatement", "RiskAssessment"],
        StringComparer.Ordinal);

    public static ImmutableArray<Role> All { get; } = [.. Lines.Split('\n').Select(Read)];

    private static readonly FrozenDictionary<string, Role> ByCode = All.ToFrozenDictionary(role => role.Code, StringComparer.Ordinal);

    public static Role Of(string code) => ByCode[code];
    public static Role? Find(string code) => ByCode.GetValueOrDefault(code);

    private static Role Read(string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return new()
        {
            Code = words[0],
            Kind = Enum.Parse<RoleKind>(words[1], ignoreCase: true),
            Grounds = Flags<Ground>(words[2]),
            Writes = words[3] == "-" ? FrozenSet<Keeper>.Empty : words[3].Split(',').Select(k => Enum.Parse<Keeper>(k, ignoreCase: true)).ToFrozenSet(),
            Clearance = words[4][0] - '0',
            Abilities = Flags<Ability>(words[5]),
            CareTypes = words[6] switch { "*" => null, "medication" => Medication, _ => FrozenSet<string>.Empty },
        };
    }

    private static T Flags<T>(string words) where T : struct, Enum => words == "-" ? default : Enum.Parse<T>(words, ignoreCase: true);
}
