using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Fhir.Server.Api.Http;

/// <summary>Which representation is asked and which is sent — https://hl7.org/fhir/R4/http.html#mime-type. JSON only, for now.</summary>
public static class Formats
{
    public const string FhirJson = "application/fhir+json; charset=utf-8";

    /// <summary>True when the caller can take FHIR JSON; <c>_format</c> beats Accept.</summary>
    public static bool Acceptable(HttpRequest request)
    {
        if (request.QueryString.HasValue && request.Query.TryGetValue("_format", out var format)) return IsJson(format.ToString()) && FitsR4(format.ToString());
        var accept = request.Headers.Accept;
        if (accept.Count == 0) return true;
        var first = accept.ToString();
        return first is "application/fhir+json" or "*/*" or "" || AnyJson(first);
    }

    /// <summary>True when FHIR JSON is asked by name, rather than taken for want of anything else (Binary is raw then).</summary>
    public static bool AsksFhirJson(HttpRequest request) =>
        request.Query.TryGetValue("_format", out var format)
            ? IsJson(format.ToString())
            : request.Headers.Accept.ToString().Contains("json", StringComparison.OrdinalIgnoreCase);

    public static bool WantsPretty(HttpRequest request) =>
        request.QueryString.HasValue && request.Query.TryGetValue("_pretty", out var pretty) && pretty.ToString() is "true" or "";

    public static bool IsFhirJson(string? contentType) =>
        contentType is not null && MediaTypeHeaderValue.TryParse(contentType, out var type)
        && type.MediaType.Value?.ToLowerInvariant() is "application/fhir+json" or "application/json" or "text/json";

    private static bool AnyJson(string accept)
    {
        if (!MediaTypeHeaderValue.TryParseList([accept], out var types)) return false;
        return types.Any(t => t.Quality is not 0 && t.MediaType.Value is { } type
            && (type is "*/*" or "application/*" or "text/html" or "text/*" || IsJson(type)) && FitsR4(t.ToString()));
    }

    // A raw + in a query arrives as a space.
    private static bool IsJson(string format) =>
        format.Split(';')[0].Trim().Replace(' ', '+').ToLowerInvariant() is "json" or "application/json" or "application/fhir+json" or "text/json";

    private static bool FitsR4(string type)
    {
        var at = type.IndexOf("fhirVersion=", StringComparison.OrdinalIgnoreCase);
        return at < 0 || type[(at + 12)..].TrimStart('"').StartsWith("4.0", StringComparison.Ordinal);
    }
}
