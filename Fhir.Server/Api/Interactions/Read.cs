using Fhir.Server.Api.Blobs;
using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Resources;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Fhir.Server.Api.Interactions;

/// <summary>read and vread — https://hl7.org/fhir/R4/http.html#read</summary>
public static class Read
{
    public static void Map(RouteGroupBuilder fhir)
    {
        fhir.MapMethods("/{type}/{id}", Methods.GetOrHead, Newest).Asks(Right.Read);
        fhir.MapMethods("/{type}/{id}/_history/{version}", Methods.GetOrHead, Named).Asks(Right.VersionRead);
    }

    private static async Task<IResult> Newest(string type, string id, HttpContext context, Caller caller, ResourceStore store, CancellationToken stop) =>
        DefinitionSet.R4.IsResource(type) ? Answer(await store.ReadAsync(new(type, id), caller.Sees, stop), context.Request) : Refusal.Of(Writing.NoSuchType);

    private static async Task<IResult> Named(string type, string id, string version, HttpContext context, Caller caller, ResourceStore store, BinaryData binaries, CancellationToken stop)
    {
        if (!DefinitionSet.R4.IsResource(type)) return Refusal.Of(Writing.NoSuchType);
        var found = await store.ReadVersionAsync(new(new(type, id), version), caller.Sees, stop);
        return Answer(found.Failed(out var issue, out var there) ? issue : await binaries.PutBackAsync(there, stop), context.Request);
    }

    // What the caller may not see is "not found": a 403 would betray that the patient is known here.
    private static IResult Answer(Result<ResourceVersion> found, HttpRequest request)
    {
        if (found.Failed(out var issue, out var version)) return Refusal.Of(issue);
        if (request.Query.Count == 0) return FhirBody.Of(version);
        return Subset.Asked(Links.Pairs(request.Query)).Failed(out issue, out var wanted) ? Refusal.Of(issue) : FhirBody.Of(wanted.Of(version));
    }
}
