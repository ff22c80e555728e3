using System.Security.Claims;
using Fhir.Server.Store.Access;

namespace Fhir.Server.Api.Identity;

/// <summary>What a validated access token says — RFC 9068, with the claims that name the caller's role here.</summary>
public sealed record Token
{
    public required string Subject { get; init; }
    public string? Client { get; init; }
    public required Scopes Scopes { get; init; }
    /// <summary><c>PractitionerRole/dr.jansen</c>: the role she acts in; the store says what it is.</summary>
    public string? PractitionerRole { get; init; }
    /// <summary>For systems and officers, who have no PractitionerRole.</summary>
    public Role? Role { get; init; }
    public string? Organization { get; init; }
    public required DateTimeOffset Expires { get; init; }
    /// <summary>Issued by this server itself.</summary>
    public bool Own { get; init; }

    /// <summary>Null when a claim is missing or stands there twice: such a token gives nothing.</summary>
    public static Token? From(ClaimsPrincipal principal, DateTimeOffset expires, bool own)
    {
        var (subject, subjects) = Claim(principal, "sub");
        var (client, clients) = Claim(principal, "client_id");
        var (scope, scopes) = Claim(principal, "scope");
        var (practitionerRole, practitionerRoles) = Claim(principal, "practitioner_role");
        var (role, roles) = Claim(principal, "role");
        var (organization, organizations) = Claim(principal, "organization");
        if (subject is null || scope is null || Math.Max(subjects, scopes) > 1 || Math.Max(clients, practitionerRoles) > 1 || Math.Max(roles, organizations) > 1) return null;
        return new()
        {
            Subject = subject, Client = client, Scopes = Scopes.Parse(scope), PractitionerRole = practitionerRole,
            Role = Role.Parse(role), Organization = organization, Expires = expires, Own = own,
        };
    }

    private static (string? Value, int Count) Claim(ClaimsPrincipal principal, string type)
    {
        var all = principal.FindAll(type).ToList();
        return (all.FirstOrDefault()?.Value, all.Count);
    }
}
