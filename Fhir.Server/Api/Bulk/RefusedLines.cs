using Fhir.Server.Api.Http;
using Microsoft.AspNetCore.Http;

namespace Fhir.Server.Api.Bulk;

/// <summary>The lines that an import refused, as OperationOutcomes in NDJSON.</summary>
internal sealed class RefusedLines(IReadOnlyList<byte[]> outcomes) : Answer
{
    public override int Status => StatusCodes.Status200OK;

    public override async Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.ContentType = "application/fhir+ndjson";
        foreach (var outcome in outcomes)
        {
            await httpContext.Response.Body.WriteAsync(outcome, httpContext.RequestAborted);
            await httpContext.Response.Body.WriteAsync("\n"u8.ToArray(), httpContext.RequestAborted);
        }
    }
}
