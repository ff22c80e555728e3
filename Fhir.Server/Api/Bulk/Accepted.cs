using Fhir.Server.Api.Http;
using Microsoft.AspNetCore.Http;

namespace Fhir.Server.Api.Bulk;

/// <summary>202: the work goes on at that address — https://hl7.org/fhir/R4/async.html#3.1.6.1</summary>
public sealed class Accepted(string? place, IReadOnlyList<long> returned, string? progress = null) : Answer
{
    public override int Status => StatusCodes.Status202Accepted;
    public override IReadOnlyList<long> Returned => returned;

    public override Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = Status;
        if (place is not null) response.Headers.ContentLocation = $"{Base.Of(httpContext)}/{place}";
        if (progress is not null)
        {
            response.Headers["X-Progress"] = progress;
            response.Headers.RetryAfter = "2";
        }
        return Task.CompletedTask;
    }
}
