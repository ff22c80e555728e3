using Fhir.Server.Core.Outcomes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;

namespace Fhir.Server.Api.Http;

/// <summary>
/// Pages of which other sites may call the FHIR API from a browser — https://fetch.spec.whatwg.org/#http-cors-protocol. None, unless a setting
/// names them; a token is given by hand with each request, so cookies are never part of it.
/// </summary>
public static class Cors
{
    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
    private static readonly string[] Given = ["Accept", "Authorization", "Content-Type", "If-Match", "If-Modified-Since", "If-None-Exist", "If-None-Match", "Prefer", "X-Home-Organization", "X-Request-Id", "X-Security-Context"];
    private static readonly string[] Told = ["Content-Location", "ETag", "Last-Modified", "Location", "Retry-After", "WWW-Authenticate", "X-Progress", "X-Request-Id"];

    /// <summary>The origins under <c>Cors:Origins</c>, or the one sentence that says what is wrong with them.</summary>
    public static Result<IReadOnlyList<string>> Read(IConfiguration from)
    {
        var origins = (from["Cors:Origins"] ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return Array.TrueForAll(origins, IsOrigin) ? origins : new Issue(IssueKind.Invalid, "Cors:Origins must be origins with commas between them, such as https://app.example.org.");
    }

    private static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "https" or "http" && uri.GetLeftPart(UriPartial.Authority) == text && uri.UserInfo.Length == 0;

    internal static void Use(WebApplication app, IReadOnlyList<string> origins)
    {
        if (origins.Count == 0) return;
        app.UseWhen(context => context.Request.Path.StartsWithSegments("/fhir", StringComparison.Ordinal), fhir => fhir.UseCors(policy => policy
            .WithOrigins([.. origins]).WithMethods(Methods).WithHeaders(Given).WithExposedHeaders(Told).SetPreflightMaxAge(TimeSpan.FromHours(1))));
    }
}
