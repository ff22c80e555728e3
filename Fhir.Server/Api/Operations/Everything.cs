using Fhir.Server.Api.Blobs;
using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Resources;
using Fhir.Server.Store.Search;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Fhir.Server.Api.Operations;

/// <summary>
/// $everything of a Patient or an Encounter — https://hl7.org/fhir/R4/patient-operation-everything.html: what is in its compartment, page by page, and
/// on each page what that refers to. It is a search, and shows what a search would show its caller.
/// </summary>
public sealed class Everything(ResourceStore store, ResourceSearch search, BinaryData binaries)
{
    private static readonly Issue IncludesCut = new(IssueKind.Unsupported, "More is referred to than one page holds; some of it is left out.") { Code = "too-costly" };
    private static readonly Issue NoPull = new(IssueKind.Forbidden, "Who sees patients by what is sent to her alone does not ask for all there is about one.");
    private static readonly IReadOnlyDictionary<string, string> Known = TerminologyOperations.Takes(("valueDate", "start end"), ("valueInstant", "_since"), ("valueCode", "_type"), ("valueInteger", "_count"), ("valueString", "_page"));

    public static void Map(RouteGroupBuilder fhir)
    {
        foreach (var type in (string[])["Patient", "Encounter"])
        {
            var operation = new Operation("everything", type, OperationLevel.Instance, $"http://hl7.org/fhir/OperationDefinition/{type}-everything") { AffectsState = false, TakesParameters = true };
            fhir.MapOperation(operation, Right.Operation(Permission.Read | Permission.Search, type), (string id, HttpContext context, Caller caller, Everything everything, CancellationToken stop) =>
                everything.AnswerAsync(new(type, id), context, caller, stop));
        }
    }

    private async Task<IResult> AnswerAsync(ResourceKey focus, HttpContext context, Caller caller, CancellationToken stop)
    {
        if (IsSentToOnly(caller.Sees.Role)) return Refusal.Of(NoPull);
        if ((await TerminologyDesk.ReadAsync(context.Request, Known, stop)).Failed(out var issue, out var parameters)) return Refusal.Of(issue);
        if ((await store.ReadAsync(focus, caller.Sees, stop)).Failed(out issue, out _)) return Refusal.Of(issue);
        List<KeyValuePair<string, string>> asked = [.. parameters.Each("parameter").Select(p => new KeyValuePair<string, string>(p["name"].Text!, p["value"].Text ?? ""))];
        if (SearchQuery.Everything(focus, [.. asked.Select(AsSearched)], DefinitionSet.R4).Failed(out issue, out var query)) return Refusal.Of(issue);
        if ((await search.SearchAsync(query, caller.Sees, stop)).Failed(out issue, out var page)) return Refusal.Of(issue);
        var types = asked.Where(p => p.Key == "_type").SelectMany(p => p.Value.Split(',')).ToHashSet(StringComparer.Ordinal);
        return await BundleAsync(page, [.. page.Includes.Where(v => Belongs(v.Key, focus, types))], LinksOf(page, asked, $"{Base.Of(context)}/{focus}/$everything"), Base.Of(context), stop);
    }

    private static bool IsSentToOnly(Role role) => role.Kind == RoleKind.Person && !role.StandsOn(Ground.Practice) && !role.StandsOn(Ground.Care);

    private static KeyValuePair<string, string> AsSearched(KeyValuePair<string, string> parameter) =>
        parameter.Key == "_since" ? new("_lastUpdated", $"ge{parameter.Value}") : parameter;

    // What could stand in this patient's compartment and is only referred to is another patient's, or comes by itself on another page.
    private static bool Belongs(ResourceKey referredTo, ResourceKey focus, HashSet<string> types) =>
        (types.Count == 0 || types.Contains(referredTo.Type)) && referredTo != focus && (focus.Type != "Patient" || DefinitionSet.R4.PatientCompartment(referredTo.Type).Count == 0);

    private static List<(string, string)> LinksOf(SearchPage page, List<KeyValuePair<string, string>> asked, string address)
    {
        var links = new List<(string, string)> { ("self", Links.Of(address, asked)) };
        if (page.Next is { } next) links.Add(("next", Links.Of(address, asked.Where(p => p.Key != "_page").Append(new("_page", next)))));
        return links;
    }

    private async Task<FhirBody> BundleAsync(SearchPage page, IReadOnlyList<ResourceVersion> referredTo, List<(string, string)> links, string baseUrl, CancellationToken stop)
    {
        var entries = new List<BundleEntry>(page.Matches.Count + referredTo.Count + 1);
        foreach (var match in page.Matches) entries.Add(BundleEntry.Found(await binaries.PutBackAsync(match, stop), baseUrl, "match"));
        foreach (var include in referredTo) entries.Add(BundleEntry.Found(await binaries.PutBackAsync(include, stop), baseUrl, "include"));
        if (page.IncludesCut) entries.Add(new() { Resource = OperationOutcome.Warning(IncludesCut), SearchMode = "outcome" });
        return BundleJson.Answer("searchset", page.Total, links, entries, page.Concerned);
    }
}
