using Fhir.Server.Store.Access;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Fhir.Server.Api.Http;

/// <summary>The content of a Binary as it is: to be saved, never to be shown as a page of ours.</summary>
public sealed class RawBody(ResourceVersion version, string contentType, ReadOnlyMemory<byte> content) : Answer
{
    public override int Status => 200;
    public override IReadOnlyList<long> Returned => [version.Rid];

    public override Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.Headers.ETag = FhirBody.ETagOf(version.Version);
        response.Headers.LastModified = HeaderUtilities.FormatDate(version.LastUpdated);
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
        response.Headers.ContentDisposition = "attachment";
        // What is no media type goes into no header: it may hold a line break.
        response.ContentType = MediaTypeHeaderValue.TryParse(contentType, out var type) ? type.ToString() : "application/octet-stream";
        response.ContentLength = content.Length;
        return response.Body.WriteAsync(content, httpContext.RequestAborted).AsTask();
    }
}
