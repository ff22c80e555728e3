using Fhir.Server.Store.Access;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Fhir.Server.Api.Identity;

/// <summary>Whom a token is for. Either PractitionerRole, or Role: with Organization for systems, alone for officers, with FhirUser for patients and proxies.</summary>
public sealed record TokenFor(string Subject, string Scope, TimeSpan Lifetime)
{
    public string Client { get; init; } = "samenspraak";
    public string? PractitionerRole { get; init; }
    public Role? Role { get; init; }
    public string? Organization { get; init; }
    /// <summary>Patient/x for a patient, RelatedPerson/x for a proxy.</summary>
    public string? FhirUser { get; init; }
    /// <summary>The patient in context.</summary>
    public string? Patient { get; init; }
    /// <summary>The PractitionerRole for whom an assistant acts.</summary>
    public string? OnBehalfOf { get; init; }
    /// <summary>She proved just now, with a stronger means, who she is.</summary>
    public bool SteppedUp { get; init; }
}

/// <summary>Issues our own access tokens — https://www.rfc-editor.org/rfc/rfc9068. Needs the data folder and nothing else.</summary>
public sealed class TokenIssuer(ECDsaSecurityKey key, TokenNames names, ApiSettings settings, TimeProvider clock)
{
    private readonly SigningCredentials _signing = new(key, SecurityAlgorithms.EcdsaSha256);

    public static TokenIssuer In(ApiSettings settings, TimeProvider clock) => new(TokenKey.In(settings.KeyFolder), TokenNames.For(settings), settings, clock);

    public string Issue(TokenFor asked)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        return new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            TokenType = "at+jwt",
            Issuer = names.Issuer,
            Audience = names.Audience,
            IssuedAt = now,
            NotBefore = now,
            Expires = now + asked.Lifetime,
            SigningCredentials = _signing,
            Claims = Claims(asked),
        });
    }

    private Dictionary<string, object> Claims(TokenFor asked)
    {
        var claims = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["sub"] = asked.Subject, ["client_id"] = asked.Client, ["jti"] = Guid.CreateVersion7().ToString("N"), ["scope"] = asked.Scope,
        };
        if (asked.PractitionerRole is { } practitionerRole) claims["practitioner_role"] = practitionerRole;
        if (asked.Role is { } role) claims["role"] = role.Code;
        if (asked.Organization is { } organization) claims["organization"] = organization;
        if (asked.FhirUser is { } fhirUser) claims["fhirUser"] = fhirUser;
        if (asked.Patient is { } patient) claims["patient"] = patient;
        if (asked.OnBehalfOf is { } principal) claims["on_behalf_of"] = principal;
        if (asked.SteppedUp) (claims["acr"], claims["auth_time"]) = (settings.StepUpAcr, clock.GetUtcNow().ToUnixTimeSeconds());
        return claims;
    }
}
