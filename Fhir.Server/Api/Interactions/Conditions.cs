using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Microsoft.AspNetCore.Http;

namespace Fhir.Server.Api.Interactions;

/// <summary>Under which conditions a write is asked — https://hl7.org/fhir/R4/http.html#concurrency, from headers or from a Bundle entry.</summary>
public sealed record Conditions
{
    /// <summary>The version that must be current, out of <c>W/"3"</c>.</summary>
    public string? IfMatch { get; init; }
    /// <summary><c>If-None-Match: *</c></summary>
    public bool OnlyIfNew { get; init; }
    /// <summary>The search of a conditional create, as it was sent.</summary>
    public string? IfNoneExist { get; init; }

    /// <summary>One that can fail.</summary>
    public bool IsAny => IfMatch is not null || OnlyIfNew || IfNoneExist is not null;

    public static Result<Conditions> Of(HttpRequest request) =>
        Of(request.Headers.IfMatch, request.Headers.IfNoneMatch, request.Headers["If-None-Exist"]);

    public static Result<Conditions> Of(EntryText entry) => Of(entry.IfMatch, entry.IfNoneMatch, entry.IfNoneExist);

    private static Result<Conditions> Of(string? ifMatch, string? ifNoneMatch, string? ifNoneExist)
    {
        if (ifMatch is not null && VersionIn(ifMatch) is null) return new Issue(IssueKind.Invalid, "An ETag is written W/\"version\".", "If-Match");
        if (ifNoneMatch is not (null or "*")) return new Issue(IssueKind.Unsupported, "On a write only If-None-Match: * is known.", "If-None-Match");
        return new Conditions { IfMatch = ifMatch is null ? null : VersionIn(ifMatch), OnlyIfNew = ifNoneMatch is not null, IfNoneExist = ifNoneExist };
    }

    private static string? VersionIn(string etag)
    {
        var quoted = etag.StartsWith("W/", StringComparison.Ordinal) ? etag[2..] : etag;
        return quoted.Length > 2 && quoted[0] == '"' && quoted[^1] == '"' && !quoted[1..^1].Contains('"', StringComparison.Ordinal) ? quoted[1..^1] : null;
    }
}

/// <summary><c>X-Home-Organization: Organization/x</c> names whose the written resources are; only who sees the whole tenant may (the import).</summary>
public static class HomeOrganization
{
    public static ResourceKey? Of(HttpRequest request, AccessContext sees) =>
        sees.SeesAll && request.Headers["X-Home-Organization"] is [{ } header] && header.Split('/') is ["Organization", { Length: > 0 } id] ? new("Organization", id) : null;
}
