using System.Collections.Immutable;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Audit;
using Microsoft.AspNetCore.Http;

namespace Fhir.Server.Api.Identity;

/// <summary>Who calls: made from the token before the endpoint runs, and what an endpoint asks for to see anything at all.</summary>
public sealed record Caller(AccessContext Sees, string Name)
{
    /// <summary>The person behind the role, or null for systems and officers.</summary>
    public ResourceKey? Practitioner { get; init; }
    /// <summary>A patient herself, or those for whom a proxy speaks.</summary>
    public ImmutableArray<ResourceKey> Patients { get; init; } = [];
    /// <summary>The patient whom the token is about (SMART launch context).</summary>
    public ResourceKey? PatientInContext { get; init; }
    /// <summary>The same for the audit.</summary>
    public AuditAgent Agent { get; init; } = AuditAgent.Of(Sees);
    /// <summary>When the token ends: what stays open longer than a request must close then.</summary>
    public DateTimeOffset Expires { get; init; }
    /// <summary>What her token said; null for the house itself.</summary>
    public Token? Token { get; init; }
    /// <summary>When she last proved who she is with a stronger means (RFC 9470), or null: needed to break glass.</summary>
    public DateTimeOffset? SteppedUpAt { get; init; }

    // Minimal APIs find this by its name.
    public static ValueTask<Caller?> BindAsync(HttpContext context) => ValueTask.FromResult(Call.Of(context).Caller);
}
