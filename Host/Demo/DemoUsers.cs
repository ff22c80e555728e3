using System.Collections.Immutable;
using Fhir.Server.Api.Identity;
using Fhir.Server.Store.Access;

namespace Host.Demo;

/// <summary>One of the demo clinic's fixed users. Clinicians get role and organisation from their PractitionerRole, others from their token.</summary>
public sealed record DemoUser(string Name, string Display, Role Role)
{
    public string? OrganizationDisplay { get; init; }
    /// <summary>Only for a system: its own organisation.</summary>
    public string? Organization { get; init; }

    /// <summary>Someone who signs in at the web client.</summary>
    public bool Person => Role.Kind != RoleKind.System;
    private bool Clinician => Role.Kind == RoleKind.Person;

    /// <summary>All the rights of this user; what they come to is judged row by row.</summary>
    public string Scope => Person ? "user/*.cruds" : "system/*.cruds";

    public TokenFor Token(string? scope, TimeSpan lifetime) => new(Name, scope ?? Scope, lifetime)
    {
        PractitionerRole = Clinician ? $"PractitionerRole/{Name}" : null,
        Role = Clinician ? null : Role,
        Organization = Organization,
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

    public static DemoUser? Find(string? name) => All.FirstOrDefault(user => string.Equals(user.Name, name, StringComparison.Ordinal));
}
