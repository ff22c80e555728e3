using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Resources;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Fhir.Server.Api.Interactions;

/// <summary>delete and conditional delete (of one) — https://hl7.org/fhir/R4/http.html#delete. What is gone already is no error, and gets no further version.</summary>
public static class Delete
{
    public static void Map(RouteGroupBuilder fhir)
    {
        fhir.MapDelete("/{type}/{id}", OneAsync).Asks(Right.Delete);
        fhir.MapDelete("/{type}", ConditionalAsync).Asks(Right.Delete);
    }

    private static async Task<IResult> OneAsync(string type, string id, HttpContext context, Caller caller, Writing writing, CancellationToken stop)
    {
        if (type == "AuditEvent") return Refusal.MethodNotAllowed("GET, HEAD");
        if (!DefinitionSet.R4.IsResource(type)) return Refusal.Of(Writing.NoSuchType);
        if (Conditions.Of(context.Request).Failed(out var issue, out var conditions)) return Refusal.Of(issue);
        return await writing.CommitAsync(context, caller, Prepare(type, id, conditions), stop);
    }

    private static async Task<IResult> ConditionalAsync(string type, HttpContext context, Caller caller, Writing writing, CancellationToken stop)
    {
        if (type == "AuditEvent") return Refusal.MethodNotAllowed("GET, HEAD, POST");
        if (!DefinitionSet.R4.IsResource(type)) return Refusal.Of(Writing.NoSuchType);
        if (Conditions.Of(context.Request).Failed(out var issue, out var conditions)) return Refusal.Of(issue);
        if (Prepare(type, Links.Pairs(context.Request.Query), conditions).Failed(out issue, out var write)) return Refusal.Of(issue);
        return await writing.CommitAsync(context, caller, write, stop);
    }

    public static Result<Write> Prepare(string type, IEnumerable<KeyValuePair<string, string>> query, Conditions conditions, string? where = null) =>
        Criteria.Of(type, query).Failed(out var issue, out var criteria) ? issue : Prepare(type, Write.NewId(), conditions, where) with { Criteria = criteria };

    public static Write Prepare(string type, string id, Conditions conditions, string? where = null) =>
        new() { Kind = WriteKind.Delete, Key = new(type, id), IfMatch = conditions.IfMatch, Where = where };
}
