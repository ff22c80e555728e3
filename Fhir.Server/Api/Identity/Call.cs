using Fhir.Server.Store.Access;
using Fhir.Server.Store.Audit;
using Microsoft.AspNetCore.Http;

namespace Fhir.Server.Api.Identity;

/// <summary>One request on its way through the house: its id, its right, its caller.</summary>
public sealed class Call
{
    public required string RequestId { get; init; }
    public required Right Right { get; init; }
    /// <summary>The address that the call came from.</summary>
    public System.Net.IPAddress? From { get; init; }
    public Caller? Caller { get; set; }
    /// <summary>The holder of a good token who is nobody here, for the audit.</summary>
    public AuditAgent? Holder { get; set; }
    /// <summary>True once the audit knows of it: its row is written, or the commit wrote one.</summary>
    public bool Audited { get; set; }

    public static Call Of(HttpContext context) => context.Features.Get<Call>() ?? throw new InvalidOperationException("The edge did not see this request: its endpoint has no Right.");

    /// <summary>Who the audit names: the caller, or nobody when there was no good token.</summary>
    public string Who => Caller?.Sees.Who ?? Holder?.Who ?? "anonymous";
    public AccessContext? Sees => Caller?.Sees;
}
