using System.Text.Json;
using Fhir.Server.Store.Access;

namespace Fhir.Server.Api.Identity;

/// <summary>What a validated token said, kept for work that is done later. It is no token: nobody gets in with it, and its holder's role is asked anew.</summary>
internal static class TokenText
{
    private sealed record Kept(
        string Subject, string? Client, string? Issuer, string? Id, string Scopes, string? PractitionerRole, string? OnBehalfOf, string? Role, string? Organization,
        string? FhirUser, string? Patient, DateTimeOffset Expires, bool Own);

    // How she proved herself is left out: what asks for that is not done later.
    public static byte[] Of(Token token) => JsonSerializer.SerializeToUtf8Bytes(new Kept(
        token.Subject, token.Client, token.Issuer, token.Id, token.Scopes.Text, token.PractitionerRole, token.OnBehalfOf, token.Role?.Code, token.Organization,
        token.FhirUser, token.Patient, token.Expires, token.Own));

    public static Token Read(byte[] text)
    {
        var kept = JsonSerializer.Deserialize<Kept>(text) ?? throw new InvalidDataException("What a token said cannot be read.");
        return new()
        {
            Subject = kept.Subject, Client = kept.Client, Issuer = kept.Issuer, Id = kept.Id, Scopes = Scopes.Parse(kept.Scopes), PractitionerRole = kept.PractitionerRole,
            OnBehalfOf = kept.OnBehalfOf, Role = Role.Parse(kept.Role), Organization = kept.Organization, FhirUser = kept.FhirUser, Patient = kept.Patient, Expires = kept.Expires, Own = kept.Own,
        };
    }
}
