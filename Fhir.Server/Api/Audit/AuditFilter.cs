using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Microsoft.AspNetCore.Http;

namespace Fhir.Server.Api.Audit;

/// <summary>Writes the audit row of a request when its answer is known and before the answer leaves. An access that cannot be audited is refused.</summary>
public sealed class AuditFilter(AuditReads reads, TimeProvider clock)
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        var result = await next(invocation);
        if (result is not Answer answer) return result;
        return await RecordAsync(invocation.HttpContext, answer.Status, answer.Returned) ? answer : Unaudited;
    }

    public static Refusal Unaudited => Refusal.Of(new(IssueKind.Unavailable, "The access could not be recorded, so it is refused."));

    /// <summary>The row of this request, unless the audit has it already: a commit writes its own.</summary>
    public async ValueTask<bool> RecordAsync(HttpContext context, int status, IReadOnlyList<long> returned)
    {
        var call = Call.Of(context);
        if (call.Audited || call.Right is not { Anonymous: false } right) return true;
        call.Audited = true;
        var values = context.Request.RouteValues;
        var type = right.Type ?? values["type"] as string;
        return await reads.RecordAsync(new()
        {
            AtMicros = Callers.Micros(clock.GetUtcNow()),
            Who = call.Who,
            Client = call.Sees?.Client,
            Request = call.RequestId,
            Act = right.Act,
            Type = type is null ? -1 : AccessTable.Number(type),
            Id = SafeId(values["id"] as string),
            Query = NamesOf(context.Request),
            Status = status,
            Returned = returned,
        });
    }

    /// <summary>The names of the query's parameters; a value may name a patient.</summary>
    public static string? NamesOf(HttpRequest request) =>
        request.QueryString.HasValue && request.Query.Count > 0 ? string.Join('&', request.Query.Keys.Select(SafeName)) : null;

    // What is no id or parameter name can hold anything, so it is not kept.
    private static string? SafeId(string? id) => id is { Length: <= 64 } && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.') ? id : null;

    private static string SafeName(string name) => name.Length <= 100 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or ':') ? name : "?";
}
