using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Resources;
using Fhir.Server.Store.Search;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Fhir.Server.Api.Interactions;

/// <summary>create and conditional create — https://hl7.org/fhir/R4/http.html#create</summary>
public static class Create
{
    public static void Map(RouteGroupBuilder fhir) => fhir.MapPost("/{type}", OneAsync).Asks(Right.Create);

    private static async Task<IResult> OneAsync(string type, HttpContext context, Caller caller, Writing writing, CancellationToken stop)
    {
        if ((await writing.BodyAsync(context.Request, type, stop)).Failed(out var issue, out var body)) return Refusal.Of(issue);
        if (Conditions.Of(context.Request).Failed(out issue, out var conditions)) return Refusal.Of(issue);
        if (Prepare(new(type, Write.NewId()), body, conditions, HomeOrganization.Of(context.Request, caller.Sees)).Failed(out issue, out var write)) return Refusal.Of(issue);
        return await writing.CommitAsync(context, caller, write, stop);
    }

    /// <summary>The write of a create under an id that the server chose; whatever id and version the body names is not kept.</summary>
    public static Result<Write> Prepare(ResourceKey key, RequestBody body, Conditions conditions, ResourceKey? home, string? where = null)
    {
        SearchQuery? criteria = null;
        if (conditions.IfNoneExist is { } search && Criteria.Parse(key.Type, search).Failed(out var issue, out criteria)) return issue;
        return new Write { Kind = WriteKind.Create, Key = key, Json = body.Json, Resource = body.Resource, Criteria = criteria, Home = home, Where = where };
    }
}
