using Fhir.Server.Api.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Fhir.Server.Api.Operations;

/// <summary>Where an operation is called — https://hl7.org/fhir/R4/operations.html</summary>
public enum OperationLevel { System, Type, Instance }

/// <summary>One <c>$operation</c>: /metadata lists what is mapped, nothing else. Type = one, <see cref="EveryType"/>, or <see cref="NoType"/> at the level of the system; Definition = canonical of its OperationDefinition.</summary>
public sealed record Operation(string Code, string Type, OperationLevel Level, string Definition)
{
    public const string EveryType = "Resource";
    public const string NoType = "";

    /// <summary>True: called by POST. False: by GET, for it only reads.</summary>
    public bool AffectsState { get; init; } = true;
    /// <summary>By POST too, where it only reads: for what a query cannot say.</summary>
    public bool TakesParameters { get; init; }

    internal string[] Methods => AffectsState ? [HttpMethods.Post] : TakesParameters ? [HttpMethods.Get, HttpMethods.Post] : [HttpMethods.Get];

    public string Route => Level switch
    {
        OperationLevel.System => $"/${Code}",
        OperationLevel.Type => $"/{OfType}/${Code}",
        OperationLevel.Instance => $"/{OfType}/{{id}}/${Code}",
    };

    private string OfType => Type == EveryType ? "{type}" : Type;
}

/// <summary>How an operation gets its place in the route table.</summary>
public static class OperationRoutes
{
    /// <summary>
    /// Maps it on the group that <see cref="FhirApi.MapFhirApi"/> gave. Of an instance operation the handler takes <c>string id</c>; it
    /// takes a <see cref="Caller"/>, and answers with a <see cref="Http.FhirBody"/> or <see cref="Http.Refusal"/>.
    /// </summary>
    public static RouteHandlerBuilder MapOperation(this RouteGroupBuilder fhir, Operation operation, Right right, Delegate handler) =>
        fhir.MapMethods(operation.Route, operation.Methods, handler).WithMetadata(operation).Asks(right);
}
