using System.Globalization;
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

/// <summary>history of a resource, a type or everything — https://hl7.org/fhir/R4/http.html#history</summary>
public static class History
{
    private const int MostPerPage = 1000;

    public static void Map(RouteGroupBuilder fhir)
    {
        fhir.MapMethods("/{type}/{id}/_history", Methods.GetOrHead, OfOneAsync).Asks(Right.History);
        fhir.MapMethods("/{type}/_history", Methods.GetOrHead, OfTypeAsync).Asks(Right.HistoryOfMany);
        fhir.MapMethods("/_history", Methods.GetOrHead, OfAllAsync).Asks(Right.HistoryOfMany);
    }

    private static Task<IResult> OfOneAsync(string type, string id, HttpContext context, Caller caller, HistoryPages pages, CancellationToken stop) =>
        AnswerAsync(new(type, new ResourceKey(type, id)), context, caller, pages, stop);

    private static Task<IResult> OfTypeAsync(string type, HttpContext context, Caller caller, HistoryPages pages, CancellationToken stop) =>
        AnswerAsync(new(type, null), context, caller, pages, stop);

    private static Task<IResult> OfAllAsync(HttpContext context, Caller caller, HistoryPages pages, CancellationToken stop) =>
        AnswerAsync(new(null, null), context, caller, pages, stop);

    private static async Task<IResult> AnswerAsync(HistoryQuery scope, HttpContext context, Caller caller, HistoryPages pages, CancellationToken stop) =>
        (await pages.PageAsync(scope, [.. Links.Pairs(context.Request.Query)], Base.Of(context), caller, stop)).Failed(out var issue, out var body) ? Refusal.Of(issue) : body;

    internal static Result<HistoryQuery> Read(HistoryQuery scope, IReadOnlyList<KeyValuePair<string, string>> parameters)
    {
        foreach (var (name, value) in parameters)
        {
            switch (name)
            {
                case "_count" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var count):
                    scope = scope with { Count = Math.Clamp(count, 1, MostPerPage) };
                    break;
                case "_since" when Moment(value) is { } since: scope = scope with { Since = since }; break;
                case "_at" when Moment(value) is { } at: scope = scope with { At = at }; break;
                case "_page": scope = scope with { Page = value }; break;
                case "_count" or "_since" or "_at": return new Issue(IssueKind.Invalid, "This value is not understood.", name);
            }
        }
        return scope;
    }

    // A raw + of a time zone arrives as a space.
    private static DateTimeOffset? Moment(string text) =>
        text.Length >= 4 && DateTimeOffset.TryParse(text.Length == 4 ? text + "-01-01" : text.Replace(' ', '+'), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null;
}

/// <summary>One page of a history as a Bundle; entries of a batch ask for it too.</summary>
public sealed class HistoryPages(ResourceStore store, BinaryData binaries)
{
    public async Task<Result<FhirBody>> PageAsync(HistoryQuery scope, IReadOnlyList<KeyValuePair<string, string>> parameters, string baseUrl, Caller caller, CancellationToken stop)
    {
        if (scope.Type is { } type && !DefinitionSet.R4.IsResource(type)) return Writing.NoSuchType;
        if (History.Read(scope, parameters).Failed(out var issue, out var query) || Subset.Asked(parameters).Failed(out issue, out var wanted)) return issue;
        if ((await store.HistoryAsync(query, caller.Sees, stop)).Failed(out issue, out var page)) return issue;
        var address = string.Join('/', new[] { baseUrl, scope.Key?.ToString() ?? scope.Type, "_history" }.Where(part => part is not null));
        var known = parameters.Where(p => p.Key is "_count" or "_since" or "_at" or "_summary" or "_elements" or "_format" or "_pretty").ToList();
        var links = new List<(string, string)> { ("self", Links.Of(address, query.Page is null ? known : known.Append(new("_page", query.Page)))) };
        if (page.Next is { } next) links.Add(("next", Links.Of(address, known.Append(new("_page", next)))));
        var entries = new List<BundleEntry>(page.Versions.Count);
        foreach (var version in page.Versions) entries.Add(EntryOf(wanted.Of(await binaries.PutBackAsync(version, stop)), baseUrl));
        return BundleJson.Answer("history", page.Total, links, entries);
    }

    private static BundleEntry EntryOf(ResourceVersion version, string baseUrl) => new()
    {
        FullUrl = $"{baseUrl}/{version.Key}",
        Resource = version.Body,
        Request = version.Method switch
        {
            WriteMethod.Create => ("POST", version.Key.Type),
            WriteMethod.Delete => ("DELETE", version.Key.ToString()),
            WriteMethod.Update or WriteMethod.None => ("PUT", version.Key.ToString()),
        },
        Response = new(FhirBody.StatusOf(version)) { ETag = FhirBody.ETagOf(version.Version), LastModified = version.LastUpdated },
        Rid = version.Rid,
    };
}
