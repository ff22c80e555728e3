using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Fhir.Server.Api.Http;

/// <summary>The two ways in which FHIR is written.</summary>
public enum Format { Json, Xml }

/// <summary>Which representation is asked, sent and received — https://hl7.org/fhir/R4/http.html#mime-type</summary>
public static class Formats
{
    private const string FhirJson = "application/fhir+json", FhirXml = "application/fhir+xml";
    /// <summary>The formats by the names that FHIR has for them.</summary>
    public static readonly IReadOnlyList<string> Types = [FhirJson, FhirXml];

    /// <summary>What the answer is written in: <c>_format</c> beats Accept, JSON is what those get who do not mind. Null when it is neither.</summary>
    public static Format? Asked(HttpRequest request)
    {
        if (Parameter(request, "_format") is { Length: > 0 } named) return Named(named);
        var accept = request.Headers.Accept;
        return accept.Count == 0 || accept.ToString() is FhirJson or "*/*" or "" ? Format.Json : AcceptHeader.Best(accept);
    }

    /// <summary>The format when FHIR is asked by name, rather than taken for want of anything else: a Binary is raw then, and so is one whose content is XML.</summary>
    public static Format? AskedByName(HttpRequest request)
    {
        if (Parameter(request, "_format") is { Length: > 0 } named) return Named(named);
        var accept = request.Headers.Accept.ToString();
        return accept.Contains("json", StringComparison.OrdinalIgnoreCase) || accept.Contains("fhir+xml", StringComparison.OrdinalIgnoreCase) ? AcceptHeader.Best(accept) : null;
    }

    public static bool WantsPretty(HttpRequest request) => Parameter(request, "_pretty") is "true" or "";

    /// <summary>The Content-Type of an answer.</summary>
    public static string ContentType(Format format) => format switch
    {
        Format.Json => "application/fhir+json; charset=utf-8",
        Format.Xml => "application/fhir+xml; charset=utf-8",
    };

    /// <summary>The format of a body by its Content-Type; null when it is no FHIR, of another version, or not in UTF-8.</summary>
    public static Format? OfBody(string? contentType)
    {
        if (contentType is FhirJson) return Format.Json;
        if (!MediaTypeHeaderValue.TryParse(contentType, out var type) || type.MediaType.Value is not { } name) return null;
        return FitsR4(type) && type.Charset.Value?.Trim('"').ToLowerInvariant() is null or "" or "utf-8" or "utf8" or "us-ascii" ? OfType(name) : null;
    }

    /// <summary>The format that a media type stands for, however it is written.</summary>
    internal static Format? OfType(string mediaType) => mediaType.ToLowerInvariant() switch
    {
        FhirJson or "application/json" or "text/json" => Format.Json,
        FhirXml or "application/xml" or "text/xml" => Format.Xml,
        _ => null,
    };

    /// <summary>True when no version of FHIR is named, or R4.</summary>
    internal static bool FitsR4(MediaTypeHeaderValue type) =>
        NameValueHeaderValue.Find(type.Parameters, "fhirVersion") is not { } version || version.GetUnescapedValue().Value is "4.0" or "4.0.0" or "4.0.1";

    // A raw + in a query arrives as a space.
    private static Format? Named(string format)
    {
        var end = format.IndexOf(';', StringComparison.Ordinal);
        var name = (end < 0 ? format : format[..end]).Trim().Replace(' ', '+');
        if (name.ToLowerInvariant() is "json" or "xml") name = $"text/{name}";
        return MediaTypeHeaderValue.TryParse(end < 0 ? name : name + format[end..], out var type) && FitsR4(type) ? OfType(name) : null;
    }

    // A search by POST may have it in its form, once that was read.
    private static string? Parameter(HttpRequest request, string name)
    {
        if (request.QueryString.HasValue && request.Query.TryGetValue(name, out var inQuery)) return inQuery.ToString();
        return request.HttpContext.Features.Get<IFormFeature>()?.Form is { } form && form.TryGetValue(name, out var inForm) ? inForm.ToString() : null;
    }
}
