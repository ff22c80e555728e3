using Microsoft.AspNetCore.Http;

namespace Fhir.Server.Api.Http;

/// <summary>What an endpoint answers. It knows its status and the resources it tells of, so that the audit row can be written before it.</summary>
public abstract class Answer : IResult
{
    public abstract int Status { get; }

    /// <summary>For the audit: the rids of the resources that leave with it, and below zero those of what it was about without leaving (a search that only counts).</summary>
    public virtual IReadOnlyList<long> Returned => [];

    public abstract Task ExecuteAsync(HttpContext httpContext);
}
