using Fhir.Server.Api.Audit;
using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Core.Outcomes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Fhir.Server.Api.Interactions;

/// <summary>Reading the log: AuditEvent stands in no store, so its read and search are apart. Reading it is audited like any read.</summary>
public static class Audited
{
    public static void Map(RouteGroupBuilder fhir)
    {
        fhir.MapMethods("/AuditEvent/{id}", Methods.GetOrHead, OneAsync).Asks(Right.Read with { Type = "AuditEvent" });
        fhir.MapMethods("/AuditEvent", Methods.GetOrHead, ManyAsync).Asks(Right.Search with { Type = "AuditEvent" });
        fhir.MapPost("/AuditEvent/_search", ManyByFormAsync).Asks(Right.Search with { Type = "AuditEvent" });
    }

    private static async Task<IResult> OneAsync(string id, Caller caller, AuditEvents events, CancellationToken stop) => Answer(await events.ReadAsync(id, caller, stop));

    private static async Task<IResult> ManyAsync(HttpContext context, Caller caller, AuditEvents events, CancellationToken stop) =>
        Answer(await events.SearchAsync([.. Links.Pairs(context.Request.Query)], Base.Of(context), caller, stop));

    private static async Task<IResult> ManyByFormAsync(HttpContext context, Caller caller, AuditEvents events, CancellationToken stop) =>
        (await SearchForm.ReadAsync(context.Request, stop)).Failed(out var issue, out var parameters)
            ? Refusal.Of(issue) : Answer(await events.SearchAsync(parameters, Base.Of(context), caller, stop));

    private static IResult Answer(Result<FhirBody> found) => found.Failed(out var issue, out var body) ? Refusal.Of(issue) : body;
}
