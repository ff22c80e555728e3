using System.Globalization;
using System.Security.Claims;
using Fhir.Server.Store.Access;

namespace Fhir.Server.Api.Identity;

/// <summary>What a validated access token says — RFC 9068, with the claims that name the caller's role here.</summary>
public sealed record Token
{
    public required string Subject { get; init; }
    public string? Client { get; init; }
    public string? Issuer { get; init; }
    /// <summary>jti</summary>
    public string? Id { get; init; }
    public required Scopes Scopes { get; init; }
    /// <summary><c>PractitionerRole/dr.jansen</c>: the role she acts in; the store says what it is.</summary>
    public string? PractitionerRole { get; init; }
    /// <summary>For an assistant: the PractitionerRole for whom she acts.</summary>
    public string? OnBehalfOf { get; init; }
    /// <summary>For systems, officers, patients and proxies, who have no PractitionerRole.</summary>
    public Role? Role { get; init; }
    public string? Organization { get; init; }
    /// <summary>Patient/x for a patient, RelatedPerson/x for a proxy — https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html#scopes-for-requesting-identity-data</summary>
    public string? FhirUser { get; init; }
    /// <summary>The patient in context (SMART launch context): an id, or Patient/id.</summary>
    public string? Patient { get; init; }
    /// <summary>How she proved who she is, and when — RFC 9470.</summary>
    public string? Acr { get; init; }
    public DateTimeOffset? AuthenticatedAt { get; init; }
    public required DateTimeOffset Expires { get; init; }
    /// <summary>Issued by this server itself.</summary>
    public bool Own { get; init; }

    private static readonly string[] Once =
        ["sub", "client_id", "iss", "jti", "scope", "practitioner_role", "on_behalf_of", "role", "organization", "fhirUser", "patient", "acr", "auth_time", "iat"];

    /// <summary>Null when a claim is missing or stands there twice: such a token gives nothing.</summary>
    public static Token? From(ClaimsPrincipal principal, DateTimeOffset expires, bool own)
    {
        var claims = Once.ToDictionary(type => type, type => principal.FindAll(type).ToList(), StringComparer.Ordinal);
        if (claims.Values.Any(all => all.Count > 1)) return null;
        string? Of(string type) => claims[type] is [var one] ? one.Value : null;
        if (Of("sub") is not { } subject || Of("scope") is not { } scope) return null;
        return new()
        {
            Subject = subject, Client = Of("client_id"), Issuer = Of("iss"), Id = Of("jti"), Scopes = Scopes.Parse(scope),
            PractitionerRole = Of("practitioner_role"), OnBehalfOf = Of("on_behalf_of"), Role = Role.Parse(Of("role")), Organization = Of("organization"),
            FhirUser = Of("fhirUser"), Patient = Of("patient"), Acr = Of("acr"), Expires = expires, Own = own,
            AuthenticatedAt = AuthenticationOf(Moment(claims["auth_time"]), Moment(claims["iat"]), expires),
        };
    }

    // Nobody proved herself after the token was made; half a minute is forgiven, because clocks differ.
    private static DateTimeOffset? AuthenticationOf(DateTimeOffset? at, DateTimeOffset? issued, DateTimeOffset expires) =>
        at <= issued?.AddSeconds(30) && at < expires ? at : null;

    // Seconds since 1970, as a number: a string is none.
    private static DateTimeOffset? Moment(List<Claim> claims) =>
        claims is [{ ValueType: ClaimValueTypes.Integer or ClaimValueTypes.Integer32 or ClaimValueTypes.Integer64 } one]
        && long.TryParse(one.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds < 100_000_000_000 ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;
}
