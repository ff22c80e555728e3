using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Fhir.Server.Api.Interactions;

/// <summary>search in the compartment of one resource, for one type or for all (<c>*</c>) — https://hl7.org/fhir/R4/search.html#compartment</summary>
public static class Compartments
{
    public static readonly IReadOnlyList<string> Names = ["Device", "Encounter", "Patient", "Practitioner", "RelatedPerson"];

    private static readonly Issue NoCompartment = new(IssueKind.NotFound, "Compartments are those of a Device, Encounter, Patient, Practitioner or RelatedPerson.");
    private static readonly Issue NotInside = new(IssueKind.NotFound, "R4 puts no resource of this type into that compartment.");
    private static readonly Issue Log = new(IssueKind.NotFound, "The log of a patient is asked for as AuditEvent?patient=Patient/[id].");

    public static void Map(RouteGroupBuilder fhir)
    {
        fhir.MapMethods("/{compartment}/{focus}/{type:alpha}", Methods.GetOrHead, OfTypeAsync).Asks(Right.Search);
        fhir.MapMethods("/{compartment}/{focus}/*", Methods.GetOrHead, OfAllAsync).Asks(Right.Search);
        fhir.MapPost("/{compartment}/{focus}/{type:alpha}/_search", OfTypeByFormAsync).Asks(Right.Search);
        fhir.MapPost("/{compartment}/{focus}/_search", OfAllByFormAsync).Asks(Right.Search);
    }

    /// <summary>Why there is no such compartment, or nothing of that type (null = all) in it; null when there is.</summary>
    public static Issue? Wrong(ResourceKey focus, string? type)
    {
        if (!Names.Contains(focus.Type, StringComparer.Ordinal) || !Update.IsId(focus.Id)) return NoCompartment;
        if (type is null || type == focus.Type) return null;
        if (!DefinitionSet.R4.IsResource(type)) return Writing.NoSuchType;
        return type == "AuditEvent" ? Log : DefinitionSet.R4.Compartment(focus.Type, type).Count == 0 ? NotInside : null;
    }

    private static Task<IResult> OfTypeAsync(string compartment, string focus, string type, HttpContext context, Caller caller, SearchPages pages, CancellationToken stop) =>
        AnswerAsync(new(compartment, focus), type, [.. Links.Pairs(context.Request.Query)], context, caller, pages, stop);

    private static Task<IResult> OfAllAsync(string compartment, string focus, HttpContext context, Caller caller, SearchPages pages, CancellationToken stop) =>
        AnswerAsync(new(compartment, focus), null, [.. Links.Pairs(context.Request.Query)], context, caller, pages, stop);

    private static async Task<IResult> OfTypeByFormAsync(string compartment, string focus, string type, HttpContext context, Caller caller, SearchPages pages, CancellationToken stop) =>
        (await SearchForm.ReadAsync(context.Request, stop)).Failed(out var issue, out var parameters) ? Refusal.Of(issue) : await AnswerAsync(new(compartment, focus), type, parameters, context, caller, pages, stop, byForm: true);

    private static async Task<IResult> OfAllByFormAsync(string compartment, string focus, HttpContext context, Caller caller, SearchPages pages, CancellationToken stop) =>
        (await SearchForm.ReadAsync(context.Request, stop)).Failed(out var issue, out var parameters) ? Refusal.Of(issue) : await AnswerAsync(new(compartment, focus), null, parameters, context, caller, pages, stop, byForm: true);

    private static async Task<IResult> AnswerAsync(ResourceKey focus, string? type, IReadOnlyList<KeyValuePair<string, string>> parameters, HttpContext context, Caller caller, SearchPages pages, CancellationToken stop, bool byForm = false) =>
        (await pages.PageAsync(type, parameters, Base.Of(context), Prefer.Of(context.Request).Strict, caller, stop, focus, byForm)).Failed(out var issue, out var body) ? Refusal.Of(issue) : body;
}
