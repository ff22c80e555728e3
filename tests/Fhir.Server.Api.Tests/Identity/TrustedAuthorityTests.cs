using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Fhir.Server.Api.Tests.Identity;

/// <summary>An OIDC issuer that the settings name is asked for its keys, and its access tokens are good here.</summary>
public sealed class TrustedAuthorityTests
{
    /// <summary>The least that an OIDC issuer is: its discovery document and its keys.</summary>
    private sealed class Issuer : IAsyncDisposable
    {
        private readonly WebApplication _app;
        private readonly RsaSecurityKey _key = new(RSA.Create(2048)) { KeyId = "k1" };

        private Issuer(WebApplication app) => _app = app;
        public string Url => _app.Urls.First();

        public static async Task<Issuer> OpenAsync()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            var app = builder.Build();
            var issuer = new Issuer(app);
            var key = JsonWebKeyConverter.ConvertFromRSASecurityKey(new RsaSecurityKey(issuer._key.Rsa.ExportParameters(includePrivateParameters: false)) { KeyId = "k1" });
            app.MapGet("/.well-known/openid-configuration", () => Results.Json(new { issuer = issuer.Url, jwks_uri = $"{issuer.Url}/keys" }));
            app.MapGet("/keys", () => Results.Json(new { keys = new[] { new { kty = key.Kty, kid = key.Kid, n = key.N, e = key.E, alg = "RS256", use = "sig" } } }));
            await app.StartAsync();
            return issuer;
        }

        public string Token(string audience, string type = "at+jwt", Action<Dictionary<string, object>>? with = null)
        {
            var claims = new Dictionary<string, object>(StringComparer.Ordinal) { ["sub"] = "u1", ["client_id"] = "app", ["scope"] = "user/*.rs", ["practitioner_role"] = "PractitionerRole/dr.jansen" };
            with?.Invoke(claims);
            return new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
            {
                TokenType = type, Issuer = Url, Audience = audience, Claims = claims, SigningCredentials = new(_key, SecurityAlgorithms.RsaSha256),
            });
        }

        public ValueTask DisposeAsync() => _app.DisposeAsync();
    }

    [Fact]
    public async Task Its_tokens_are_taken_for_their_audience_and_type_and_only_for_roles_that_the_store_confirms()
    {
        await using var issuer = await Issuer.OpenAsync();
        await using var house = await House.OpenAsync(set: s => s with { Authorities = [new TrustedAuthority { Authority = issuer.Url, Audience = "samenspraak" }] });
        Assert.Equal("gp", (string)(await house.With(issuer.Token("samenspraak")).Get("/me")).Json["role"]!);
        Assert.Equal(401, (await house.With(issuer.Token("elsewhere")).Get("/me")).Code);
        Assert.Equal(401, (await house.With(issuer.Token("samenspraak", "JWT")).Get("/me")).Code);
        Assert.Equal(403, (await house.With(issuer.Token("samenspraak", with: c => c["practitioner_role"] = "PractitionerRole/dr.nobody")).Get("/me")).Code);
        // Whoever sees the whole tenant is named by this house alone.
        Assert.Equal(403, (await house.With(issuer.Token("samenspraak", with: c => { c.Remove("practitioner_role"); c["role"] = "integrator"; })).Get("/me")).Code);
    }

    [Fact]
    public async Task An_issuer_that_is_not_named_is_never_asked()
    {
        await using var issuer = await Issuer.OpenAsync();
        await using var house = await House.OpenAsync();
        Assert.Equal(401, (await house.With(issuer.Token("samenspraak")).Get("/me")).Code);
    }
}
