using System.Globalization;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Resources;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Fhir.Server.Api.Http;

/// <summary>A resource as answer: the stored bytes go out as they are, with ETag and Last-Modified — https://hl7.org/fhir/R4/http.html#read</summary>
public sealed class FhirBody : Answer
{
    private readonly ReadOnlyMemory<byte> _body;
    private readonly ResourceVersion? _version;
    private readonly IReadOnlyList<long>? _returned;
    private string? _location;
    private string? _etag;
    private byte[]? _xml;   // of what is told over and over: /metadata

    private FhirBody(int status, ReadOnlyMemory<byte> body, ResourceVersion? version, IReadOnlyList<long>? returned = null) =>
        (Status, _body, _version, _returned) = (status, body, version, returned);

    public override int Status { get; }
    public override IReadOnlyList<long> Returned => _returned ?? (_version is { Rid: not 0 } && _body.Length > 0 ? [_version.Rid] : []);
    public ReadOnlyMemory<byte> Body => _body;
    public ResourceVersion? Version => _version;
    public string? Location => _location;

    /// <summary>A version that was read; If-None-Match and If-Modified-Since make it a 304.</summary>
    public static FhirBody Of(ResourceVersion version) => new(200, version.Body, version);

    /// <summary>A resource that is made for this answer and stored nowhere (a Bundle, Parameters), and the rids it tells of.</summary>
    public static FhirBody Of(ReadOnlyMemory<byte> json, IReadOnlyList<long> returned) => new(200, json, null, returned);

    /// <summary>A resource of the server's own with a tag of its own: the CapabilityStatement.</summary>
    public static FhirBody Tagged(ReadOnlyMemory<byte> json, string etag) => new(200, json, null, []) { _etag = etag };

    /// <summary>The answer of an operation that created the resource.</summary>
    public static FhirBody Created(ResourceVersion version, IReadOnlyList<long>? returned = null) => new(201, version.Body, version, returned) { _location = PlaceOf(version) };

    /// <summary>The answer to a write: the echo is what the caller preferred and may read.</summary>
    public static FhirBody Written(Written written, ReadOnlyMemory<byte> echo) => written switch
    {
        { Outcome: WriteOutcome.Created, Version: { } created } => new(201, echo, created) { _location = PlaceOf(created) },
        { Outcome: WriteOutcome.Deleted or WriteOutcome.Unchanged } => new(echo.IsEmpty ? 204 : 200, echo, written.Version),
        _ => new(200, echo, written.Version) { _location = written.Version is { } version ? PlaceOf(version) : null },
    };

    /// <summary>The status that the write of this version had, as a history tells it.</summary>
    public static int StatusOf(ResourceVersion version) => version.Deleted ? 204 : version.Version == 1 || version.Method == WriteMethod.Create ? 201 : 200;

    public static string ETagOf(int version) => string.Create(CultureInfo.InvariantCulture, $"W/\"{version}\"");

    /// <summary><c>Patient/1/_history/2</c></summary>
    public static string PlaceOf(ResourceVersion version) => string.Create(CultureInfo.InvariantCulture, $"{version.Key}/_history/{version.Version}");

    public override Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        if ((_etag ?? (_version is { Version: > 0 } ? ETagOf(_version.Version) : null)) is { } etag)
        {
            response.Headers.ETag = etag;
            if (_version is { Deleted: false }) response.Headers.LastModified = HeaderUtilities.FormatDate(_version.LastUpdated);
            if (Status == 200 && _location is null && IsKnown(httpContext.Request, etag, _version?.LastUpdated))
            {
                response.StatusCode = 304;
                return Task.CompletedTask;
            }
        }
        if (_location is not null) response.Headers.Location = $"{Base.Of(httpContext)}/{_location}";
        response.StatusCode = Status;
        if (_body.IsEmpty) return Task.CompletedTask;
        var (format, pretty) = (Formats.Asked(httpContext.Request) ?? Format.Json, Formats.WantsPretty(httpContext.Request));
        return SendAsync(httpContext, format, _etag is not null && format == Format.Xml && !pretty ? _xml ??= Representation.Of(_body, format, pretty).ToArray() : Representation.Of(_body, format, pretty));
    }

    /// <summary>Writes a resource in the format that the caller asked for, indented for <c>_pretty</c>.</summary>
    public static Task WriteAsync(HttpContext context, ReadOnlyMemory<byte> json)
    {
        var format = Formats.Asked(context.Request) ?? Format.Json;
        return SendAsync(context, format, Representation.Of(json, format, Formats.WantsPretty(context.Request)));
    }

    private static Task SendAsync(HttpContext context, Format format, ReadOnlyMemory<byte> body)
    {
        context.Response.Headers.Vary = "Accept";
        context.Response.ContentType = Formats.ContentType(format);
        context.Response.ContentLength = body.Length;
        return context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    // https://hl7.org/fhir/R4/http.html#cread
    private static bool IsKnown(HttpRequest request, string etag, DateTimeOffset? lastUpdated)
    {
        if (!HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method)) return false;
        var known = request.Headers.IfNoneMatch;
        if (known.Count > 0) return known.ToString().Split(',', StringSplitOptions.TrimEntries).Any(tag => tag == etag || tag == "*");
        return request.Headers.IfModifiedSince is { Count: > 0 } since
            && HeaderUtilities.TryParseDate(since.ToString(), out var when)
            && lastUpdated?.ToUnixTimeSeconds() <= when.ToUnixTimeSeconds();
    }
}
