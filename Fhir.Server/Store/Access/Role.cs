namespace Fhir.Server.Store.Access;

/// <summary>Who stands behind a role: a person with a PractitionerRole, a system of an organisation, an officer without patient content, or a patient (or who speaks for one).</summary>
public enum RoleKind { Person, System, Officer, Patient }

/// <summary>
/// On what a role may stand to see a row kept for patients. Practice = her organisation's own record; Care = a care relation;
/// Threads = where she takes part; PracticeThreads = the threads that her organisation owns; Self = her own record; Reviews = what waits for a privacy officer.
/// </summary>
[Flags]
public enum Ground { None = 0, Practice = 1, Care = 2, Threads = 4, PracticeThreads = 8, Self = 16, Reviews = 32 }

/// <summary>What a role may do beyond reading and writing rows.</summary>
[Flags]
public enum Ability { None = 0, Addressed = 1, Presumed = 2, RecordsConsent = 4, DeclaresCare = 8, BreaksGlass = 16, ActsOnBehalf = 32 }

/// <summary>What a caller is: a line of <see cref="RoleTable"/>. A token that names no role, or an unknown one, gives no access at all.</summary>
public sealed record Role
{
    /// <summary>The code in tokens and in PractitionerRole.code (CodeSystem clinic-role).</summary>
    public required string Code { get; init; }
    public required RoleKind Kind { get; init; }
    public required Ground Grounds { get; init; }
    /// <summary>Whose types it may write.</summary>
    public required IReadOnlySet<Keeper> Writes { get; init; }
    /// <summary>The highest label that it sees: 0 normal, 1 restricted, 2 very restricted (v3-Confidentiality N, R, V).</summary>
    public required int Clearance { get; init; }
    public required Ability Abilities { get; init; }
    /// <summary>The types that a care relation opens to it; null = all.</summary>
    public required IReadOnlySet<string>? CareTypes { get; init; }

    public bool Can(Ability ability) => (Abilities & ability) == ability;
    public bool StandsOn(Ground ground) => (Grounds & ground) == ground;

    public bool Equals(Role? other) => other is not null && Code == other.Code;
    public override int GetHashCode() => Code.GetHashCode(StringComparison.Ordinal);
    public override string ToString() => Code;

    public static Role? Parse(string? code) => code is null ? null : RoleTable.Find(code);

    public static Role Gp => RoleTable.Of("gp");
    public static Role CompanyDoctor => RoleTable.Of("company-doctor");
    public static Role Specialist => RoleTable.Of("specialist");
    public static Role Assistant => RoleTable.Of("assistant");
    public static Role Patient => RoleTable.Of("patient");
    public static Role Proxy => RoleTable.Of("proxy");
    public static Role PracticeSystem => RoleTable.Of("practice-system");
    public static Role Integrator => RoleTable.Of("integrator");
    public static Role Administrator => RoleTable.Of("administrator");
    public static Role PrivacyOfficer => RoleTable.Of("privacy-officer");
}
