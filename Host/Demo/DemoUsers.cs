using System.Collections.Immutable;
using Fhir.Server.Api.Identity;
using Fhir.Server.Store.Access;

namespace Host.Demo;

/// <summary>One of the demo clinic's users. Clinicians get role and organisation from their PractitionerRole, others from their token.</summary>
public sealed record DemoUser(string Name, string Display, Role Role)
{
    public string? OrganizationDisplay { get; init; }
    /// <summary>Only for a system: its own organisation.</summary>
    public string? Organization { get; init; }

    /// <summary>Someone who signs in at the web client.</summary>
    public bool Person => Role.Kind != RoleKind.System;
    /// <summary>The role that a clinician acts in; null for all others.</summary>
    public string? PractitionerRole => Role.Kind == RoleKind.Person ? $"PractitionerRole/{Name}" : null;

    /// <summary>All the rights of this user; what they come to is judged row by row.</summary>
    public string Scope => Role.Kind switch
    {
        RoleKind.Person or RoleKind.Officer => "user/*.cruds",
        RoleKind.System => "system/*.cruds",
        RoleKind.Patient => "patient/*.rs",
    };

    public TokenFor Token(string? scope, TimeSpan lifetime) => new(Name, scope ?? Scope, lifetime)
    {
        PractitionerRole = PractitionerRole,
        Role = PractitionerRole is null ? Role : null,
        Organization = Organization,
        FhirUser = Role.Kind == RoleKind.Patient ? Name : null,
    };
}

/// <summary>The fixed names that scripts may rely on.</summary>
public static class DemoUsers
{
    private const string Linde = "Huisartsenpraktijk De Linde";

    public static readonly ImmutableArray<DemoUser> All =
    [
        new("dr.jansen", "J. Jansen", Role.Gp) { OrganizationDisplay = Linde },
        new("dr.devries", "A. de Vries", Role.CompanyDoctor) { OrganizationDisplay = "Arbodienst Oost" },
        new("dr.bakker", "S. Bakker", Role.Specialist) { OrganizationDisplay = "Ziekenhuis Rijnmond" },
        new("s.dewit", "S. de Wit", Role.Assistant) { OrganizationDisplay = Linde },
        new("his-delinde", "Praktijksysteem De Linde", Role.PracticeSystem) { OrganizationDisplay = Linde, Organization = "Organization/de-linde" },
        new("integrator", "Integrator", Role.Integrator),
        new("admin", "Technisch beheer", Role.Administrator),
        new("privacy", "Functionaris gegevensbescherming", Role.PrivacyOfficer),
    ];

    /// <summary>One of them, or a patient (<c>Patient/patient-01</c>) or who speaks for one (<c>RelatedPerson/x</c>): whether those are there, the server looks.</summary>
    public static DemoUser? Find(string? name) => All.FirstOrDefault(user => string.Equals(user.Name, name, StringComparison.Ordinal)) ?? name?.Split('/') switch
    {
        ["Patient", { Length: > 0 }] => new(name, name, Role.Patient),
        ["RelatedPerson", { Length: > 0 }] => new(name, name, Role.Proxy),
        _ => null,
    };
}
