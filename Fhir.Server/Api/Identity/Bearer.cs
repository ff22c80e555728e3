using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Fhir.Server.Api.Identity;

/// <summary>Which tokens are good: our own, and those of the authorities in the settings — RFC 9068, RFC 8725.</summary>
public static class Bearer
{
    public const string OwnScheme = "own";

    // ES/RS/PS only: a shared-secret algorithm beside a public key is how tokens are forged.
    private static readonly string[] Asymmetric = ["ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];

    public static void AddSchemes(IServiceCollection services, ApiSettings settings)
    {
        // A scheme that is alone would be the default, and the framework would check the signature of every request before our cache is asked.
        AppContext.SetSwitch("Microsoft.AspNetCore.Authentication.SuppressAutoDefaultScheme", isEnabled: true);
        var authentication = services.AddAuthentication();
        authentication.AddJwtBearer(OwnScheme, _ => { });
        services.AddOptions<JwtBearerOptions>(OwnScheme).Configure<ECDsaSecurityKey, TokenNames, TimeProvider>((options, key, names, clock) =>
        {
            Configure(options, "at+jwt", ["ES256"], clock);
            options.TokenValidationParameters.ValidIssuer = names.Issuer;
            options.TokenValidationParameters.ValidAudience = names.Audience;
            options.TokenValidationParameters.IssuerSigningKey = key;
        });
        foreach (var trusted in settings.Authorities)
        {
            authentication.AddJwtBearer(trusted.Authority, _ => { });
            services.AddOptions<JwtBearerOptions>(trusted.Authority).Configure<TimeProvider>((options, clock) => ConfigureTrusted(options, trusted, clock));
        }
    }

    private static void ConfigureTrusted(JwtBearerOptions options, TrustedAuthority trusted, TimeProvider clock)
    {
        Configure(options, trusted.TokenType, Asymmetric, clock);
        options.Authority = trusted.Authority;
        options.RequireHttpsMetadata = !(Uri.TryCreate(trusted.Authority, UriKind.Absolute, out var uri) && uri.IsLoopback);
        options.TokenValidationParameters.ValidIssuer = trusted.Authority;
        options.TokenValidationParameters.ValidAudience = trusted.Audience;
    }

    private static void Configure(JwtBearerOptions options, string type, string[] algorithms, TimeProvider clock)
    {
        options.MapInboundClaims = false;
        options.TokenValidationParameters.ValidTypes = [type];
        options.TokenValidationParameters.ValidAlgorithms = algorithms;
        options.TokenValidationParameters.RequireExpirationTime = true;
        options.TokenValidationParameters.RequireSignedTokens = true;
        options.TokenValidationParameters.TryAllIssuerSigningKeys = false;
        options.TokenValidationParameters.LifetimeValidator = (from, until, _, _) => IsNow(from, until, clock.GetUtcNow().UtcDateTime);
        options.Events = new JwtBearerEvents { OnMessageReceived = Take };
    }

    // Half a minute is forgiven: clocks differ.
    private static bool IsNow(DateTime? from, DateTime? until, DateTime now) =>
        until is { } end && end > now.AddSeconds(-30) && (from is not { } start || start < now.AddSeconds(30));

    private static Task Take(MessageReceivedContext context)
    {
        context.Token = TextOf(context.Request);
        if (context.Token is null) context.NoResult();
        return Task.CompletedTask;
    }

    /// <summary>The token as it was sent; in the query only to the hub, because a browser's WebSocket has no headers.</summary>
    public static string? TextOf(HttpRequest request)
    {
        var header = request.Headers.Authorization;
        if (header.Count == 1 && header[0] is { } value && value.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)) return value[7..].Trim();
        return header.Count == 0 && request.Path.StartsWithSegments("/hub", StringComparison.Ordinal) && request.Query["access_token"] is [{ Length: > 0 } token] ? token : null;
    }

    /// <summary>Validates against the scheme that the token's issuer names; null for whatever is wrong with it.</summary>
    public static async Task<Token?> ValidateAsync(HttpContext context, string text)
    {
        if (SchemeOf(context, text) is not { } scheme) return null;
        var result = await context.AuthenticateAsync(scheme);
        if (!result.Succeeded || result.Properties.ExpiresUtc is not { } expires) return null;
        return Token.From(result.Principal, expires, own: scheme == OwnScheme);
    }

    // Three parts (no encrypted tokens), an issuer that we know, and no header that must be understood but is not (RFC 7515 4.1.11).
    private static string? SchemeOf(HttpContext context, string text)
    {
        if (text.Length > 16_384 || text.Count(c => c == '.') != 2) return null;
        try
        {
            var token = new JsonWebToken(text);
            if (token.TryGetHeaderValue<object>("crit", out _)) return null;
            if (token.Issuer == context.RequestServices.GetRequiredService<TokenNames>().Issuer) return OwnScheme;
            return context.RequestServices.GetRequiredService<ApiSettings>().Authorities.FirstOrDefault(a => a.Authority == token.Issuer)?.Authority;
        }
        catch (Exception broken) when (broken is ArgumentException or SecurityTokenException)
        {
            return null;
        }
    }
}
