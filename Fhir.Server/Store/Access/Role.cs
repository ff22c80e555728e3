namespace Fhir.Server.Store.Access;

/// <summary>What a caller is; a token that names no role, or an unknown one, gives no access at all.</summary>
public enum Role { Gp, CompanyDoctor, Specialist, Assistant, PracticeSystem, Integrator, Administrator, PrivacyOfficer }

/// <summary>The role's code in tokens and in PractitionerRole.code (CodeSystem clinic-role).</summary>
public static class Roles
{
    private static readonly (Role Role, string Code)[] Codes =
    [
        (Role.Gp, "gp"), (Role.CompanyDoctor, "company-doctor"), (Role.Specialist, "specialist"), (Role.Assistant, "assistant"),
        (Role.PracticeSystem, "practice-system"), (Role.Integrator, "integrator"), (Role.Administrator, "administrator"), (Role.PrivacyOfficer, "privacy-officer"),
    ];

    public static Role? Parse(string? code) => Codes.Where(c => string.Equals(c.Code, code, StringComparison.Ordinal)).Select(c => (Role?)c.Role).FirstOrDefault();
    public static string Code(this Role role) => Codes.First(c => c.Role == role).Code;
}
