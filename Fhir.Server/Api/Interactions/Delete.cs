using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Store.Resources;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Fhir.Server.Api.Interactions;

/// <summary>delete — https://hl7.org/fhir/R4/http.html#delete. What is gone already is no error, and gets no further version.</summary>
public static class Delete
{
    public static void Map(RouteGroupBuilder fhir) => fhir.MapDelete("/{type}/{id}", OneAsync).Asks(Right.Delete);

    private static async Task<IResult> OneAsync(string type, string id, HttpContext context, Caller caller, Writing writing, CancellationToken stop)
    {
        if (type == "AuditEvent") return Refusal.MethodNotAllowed("GET, HEAD");
        if (!DefinitionSet.R4.IsResource(type)) return Refusal.Of(Writing.NoSuchType);
        if (Conditions.Of(context.Request).Failed(out var issue, out var conditions)) return Refusal.Of(issue);
        return await writing.CommitAsync(context, caller, Prepare(type, id, conditions), stop);
    }

    public static Write Prepare(string type, string id, Conditions conditions, string? where = null) =>
        new() { Kind = WriteKind.Delete, Key = new(type, id), IfMatch = conditions.IfMatch, Where = where };
}
