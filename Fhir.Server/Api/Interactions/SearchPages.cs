using Fhir.Server.Api.Blobs;
using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Api.Operations;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Terminology;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Search;

namespace Fhir.Server.Api.Interactions;

/// <summary>One page of a search as a Bundle; entries of a batch ask for it too.</summary>
public sealed class SearchPages(ResourceSearch search, BinaryData binaries, TerminologyDesk desk, Seal seal, ApiSettings settings)
{
    private static readonly Issue IncludesCut = new(IssueKind.Unsupported, "More is referred to than one page holds; some of it is left out.") { Code = "too-costly" };

    public async Task<Result<FhirBody>> PageAsync(string? type, IReadOnlyList<KeyValuePair<string, string>> parameters, string baseUrl, bool strict, Caller caller, CancellationToken stop, ResourceKey? within = null, bool byForm = false)
    {
        if (SealedQuery.Open(seal, parameters, caller) is { } held) (parameters, byForm) = (held, true);
        if (type is not null && !DefinitionSet.R4.IsResource(type)) return Writing.NoSuchType;
        if (within is { } focus && Compartments.Wrong(focus, type) is { } wrong) return wrong;
        if (SearchQuery.Parse(type, parameters, search.Definitions, strict, within, await VocabularyAsync(parameters, caller, stop), settings.Limits.Search).Failed(out var issue, out var query)) return issue;
        if ((await search.SearchAsync(query, caller.Sees, stop)).Failed(out issue, out var page)) return issue;
        var entries = new List<BundleEntry>(page.Matches.Count + page.Includes.Count + 2);
        foreach (var match in page.Matches)
        {
            if (page.Inside is null || page.Inside[match.Rid].Contains("")) entries.Add(await EntryAsync(match, "match", query.Elements, query, baseUrl, stop));
            if (page.Inside is not null) entries.AddRange(ContainedEntries.Of(await binaries.PutBackAsync(match, stop), page.Inside[match.Rid], query, baseUrl));
        }
        foreach (var include in page.Includes) entries.Add(await EntryAsync(include, "include", [], query, baseUrl, stop));
        if (query.Ignored.Count > 0) entries.Add(new() { Resource = OperationOutcome.Of([.. query.Ignored.Distinct(StringComparer.Ordinal).Select(LeftOut)]), SearchMode = "outcome" });
        if (page.IncludesCut) entries.Add(new() { Resource = OperationOutcome.Warning(IncludesCut), SearchMode = "outcome" });
        return BundleJson.Answer("searchset", page.Total, LinksOf(query, page, AddressOf(query, baseUrl), byForm ? caller : null), entries, page.Concerned);
    }

    // Value sets that users stored count too, as far as the caller may see them.
    private async Task<Vocabulary> VocabularyAsync(IReadOnlyList<KeyValuePair<string, string>> parameters, Caller caller, CancellationToken stop)
    {
        var valueSets = parameters.Where(p => p.Key.EndsWith(":in", StringComparison.Ordinal) || p.Key.EndsWith(":not-in", StringComparison.Ordinal)).SelectMany(p => p.Value.Split(',')).Select(v => new Canonical("ValueSet", v.Split('|')[0]));
        var systems = parameters.Where(p => p.Key.EndsWith(":above", StringComparison.Ordinal) || p.Key.EndsWith(":below", StringComparison.Ordinal)).SelectMany(p => p.Value.Split(',')).Where(v => v.Contains('|', StringComparison.Ordinal)).Select(v => new Canonical("CodeSystem", v.Split('|')[0]));
        return await desk.VocabularyAsync([.. valueSets.Concat(systems).Where(c => c.Url.Length > 0)], caller, stop);
    }

    // A filter that was left out makes the answer another one than was asked for — https://hl7.org/fhir/R4/search.html#errors
    private static Issue LeftOut(string parameter) =>
        new(IssueKind.Unsupported, "Nothing is searched or sorted by this parameter here: it was left out.", parameter) { Severity = Severity.Warning };

    private static string AddressOf(SearchQuery query, string baseUrl) => query switch
    {
        { Within: { } focus } => $"{baseUrl}/{focus.Type}/{Uri.EscapeDataString(focus.Id)}/{query.Type ?? "*"}",
        { Type: { } type } => $"{baseUrl}/{type}",
        _ => baseUrl,
    };

    // The self link says what was understood, and nothing that was not.
    private List<(string, string)> LinksOf(SearchQuery query, SearchPage page, string address, Caller? sealedFor)
    {
        string To(string? at)
        {
            List<KeyValuePair<string, string>> all = at is null ? [.. query.Used] : [.. query.Used, new("_page", at)];
            return Links.Of(address, sealedFor is null ? all : SealedQuery.Close(seal, all, sealedFor));
        }
        return page.Next is { } next ? [("self", To(query.Page)), ("next", To(next))] : [("self", To(query.Page))];
    }

    private async Task<BundleEntry> EntryAsync(ResourceVersion version, string mode, IReadOnlyList<string> elements, SearchQuery query, string baseUrl, CancellationToken stop) =>
        BundleEntry.Found(Subset.Of(await binaries.PutBackAsync(version, stop), query.Summary, elements), baseUrl, mode);
}
