using Fhir.Server.Api.Bulk;
using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Fhir.Server.Api.Interactions;

/// <summary>search of a type or of everything, by GET and by POST — https://hl7.org/fhir/R4/http.html#search</summary>
public static class Search
{
    public static void Map(RouteGroupBuilder fhir)
    {
        fhir.MapMethods("/{type}", Methods.GetOrHead, OfTypeAsync).Asks(Right.Search);
        fhir.MapPost("/{type}/_search", OfTypeByFormAsync).Asks(Right.Search);
        fhir.MapMethods("/", Methods.GetOrHead, OfAllAsync).Asks(Right.Search);
        fhir.MapPost("/_search", OfAllByFormAsync).Asks(Right.Search);
    }

    private static Task<IResult> OfTypeAsync(string type, HttpContext context, Caller caller, SearchPages pages, SearchLater later, CancellationToken stop) =>
        AnswerAsync(type, [.. Links.Pairs(context.Request.Query)], context, caller, pages, later, stop);

    private static Task<IResult> OfAllAsync(HttpContext context, Caller caller, SearchPages pages, SearchLater later, CancellationToken stop) =>
        AnswerAsync(null, [.. Links.Pairs(context.Request.Query)], context, caller, pages, later, stop);

    private static async Task<IResult> OfTypeByFormAsync(string type, HttpContext context, Caller caller, SearchPages pages, SearchLater later, CancellationToken stop) =>
        (await SearchForm.ReadAsync(context.Request, stop)).Failed(out var issue, out var parameters) ? Refusal.Of(issue) : await AnswerAsync(type, parameters, context, caller, pages, later, stop, byForm: true);

    private static async Task<IResult> OfAllByFormAsync(HttpContext context, Caller caller, SearchPages pages, SearchLater later, CancellationToken stop) =>
        (await SearchForm.ReadAsync(context.Request, stop)).Failed(out var issue, out var parameters) ? Refusal.Of(issue) : await AnswerAsync(null, parameters, context, caller, pages, later, stop, byForm: true);

    private static async Task<IResult> AnswerAsync(string? type, IReadOnlyList<KeyValuePair<string, string>> parameters, HttpContext context, Caller caller, SearchPages pages, SearchLater later, CancellationToken stop, bool byForm = false) =>
        SearchLater.Wants(context, caller) ? await later.StartAsync(type, parameters, context, caller, stop) :
        (await pages.PageAsync(type, parameters, Base.Of(context), Prefer.Of(context.Request).Strict, caller, stop, byForm: byForm)).Failed(out var issue, out var body) ? Refusal.Of(issue) : body;
}
