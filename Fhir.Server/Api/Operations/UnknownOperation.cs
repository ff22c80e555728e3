using Fhir.Server.Core.Outcomes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Fhir.Server.Api.Operations;

/// <summary>A <c>$name</c> that nothing here answers to: without this it would be taken for an id or a type — https://hl7.org/fhir/R4/operations.html</summary>
internal static class UnknownOperation
{
    public static readonly Issue Told = new(IssueKind.NotFound, "There is no such operation here; /metadata lists those there are.") { Code = "not-supported" };

    public static bool IsAsked(HttpContext context) =>
        context.Request.Path.Value is { } path && path.LastIndexOf('/') is var slash && path.Length > slash + 1 && path[slash + 1] == '$'
        && !context.RequestServices.GetRequiredService<EndpointDataSource>().Endpoints.Any(e => path.AsSpan(slash + 2).SequenceEqual(e.Metadata.GetMetadata<Operation>()?.Code));
}
