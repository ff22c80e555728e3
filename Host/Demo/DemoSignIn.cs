using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Store.Access;

namespace Host.Demo;

/// <summary>Who can sign in at the demo, and the token for it. Mapped in demo mode only.</summary>
public static class DemoSignIn
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    public static void Map(WebApplication app)
    {
        app.MapGet("/demo", Tell).WithMetadata(new AnyFormat()).Asks(Right.Open);
        app.MapPost("/demo/sign-in", SignIn).WithMetadata(new AnyFormat()).Asks(Right.Open);
    }

    private static IResult Tell() => Results.Json(new
    {
        Enabled = true,
        Users = DemoUsers.All.Where(user => user.Person).Select(user => new { user.Name, user.Display, Role = user.Role.Code, Organization = user.OrganizationDisplay }),
    });

    private static IResult SignIn(Asked asked, TokenIssuer issuer, HttpContext context)
    {
        if (DemoUsers.Find(asked.User) is not { Person: true } user) return Results.Json(new { Error = "There is no such demo user." }, statusCode: StatusCodes.Status404NotFound);
        context.Response.Headers.CacheControl = "no-store";
        return Results.Json(new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["access_token"] = issuer.Issue(user.Token(scope: null, Lifetime)),
            ["token_type"] = "Bearer",
            ["expires_in"] = (int)Lifetime.TotalSeconds,
        });
    }

    private sealed record Asked(string? User);
}
