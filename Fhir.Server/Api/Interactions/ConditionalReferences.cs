using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Search;

namespace Fhir.Server.Api.Interactions;

/// <summary>
/// References such as <c>Patient?identifier=system|value</c> in a transaction: each must mean exactly one resource that the caller
/// sees, or one that the same Bundle brings (found by identifier) — https://hl7.org/fhir/R4/http.html#trules
/// </summary>
public sealed class ConditionalReferences(TenantDatabase database, ResourceSearch search)
{
    public async Task<Issue?> ResolveAsync(IReadOnlyList<Entry> entries, BundleReferences known, AccessContext sees, CancellationToken stop)
    {
        var asked = new Dictionary<string, Element>(StringComparer.Ordinal);
        foreach (var entry in entries.Where(e => e.Body is not null)) Collect(entry.Body!.Resource, asked);
        foreach (var (conditional, element) in asked)
        {
            if ((await FindAsync(conditional, entries, sees, stop)).Failed(out var issue, out var place))
                return issue with { Where = $"{entries.First(e => e.Body?.Resource == RootOf(element)).Where}.resource.{PathIn(element)}" };
            known.Resolve(conditional, place);
        }
        return null;
    }

    private static void Collect(Element element, Dictionary<string, Element> asked)
    {
        if (element is { Name: "reference", Parent.Type: "Reference", Text: { } text } && IsConditional(text)) asked.TryAdd(text, element);
        foreach (var child in element.Children) Collect(child, asked);
    }

    private static bool IsConditional(string reference) =>
        reference.IndexOf('?', StringComparison.Ordinal) is var mark and > 0 && DefinitionSet.R4.IsResource(reference[..mark]);

    private async Task<Result<string>> FindAsync(string conditional, IReadOnlyList<Entry> entries, AccessContext sees, CancellationToken stop)
    {
        var mark = conditional.IndexOf('?', StringComparison.Ordinal);
        var (type, query) = (conditional[..mark], conditional[(mark + 1)..]);
        if (Criteria.Parse(type, query).Failed(out var issue, out var criteria)) return issue;
        await using var session = await database.ReadAsync(snapshot: false, stop);
        if ((await search.MatchAsync(session, criteria, sees, 2, stop)).Failed(out issue, out var rids)) return issue;
        var stored = await session.QueryAsync(Sql.Of($"select fid from res r where {Sql.In("r.rid", rids)}"), row => $"{type}/{row.GetString(0)}", stop);
        // An entry that is itself created only if there is none means the one that is there.
        var brought = InBundle(type, query, stored.Count > 0 ? [.. entries.Where(e => e.Conditions.IfNoneExist is null)] : entries);
        var places = stored.Concat(brought).Distinct(StringComparer.Ordinal).ToList();
        return places.Count == 1 ? places[0] : new Issue(IssueKind.Stale, places.Count == 0 ? "The conditional reference means no resource." : "The conditional reference means more than one resource.");
    }

    private static IEnumerable<string> InBundle(string type, string query, IReadOnlyList<Entry> entries)
    {
        if (!query.StartsWith("identifier=", StringComparison.Ordinal) || Uri.UnescapeDataString(query[11..]).Split('|') is not [var system, var value]) return [];
        return entries.Where(e => e.Body is not null && e.Key.Type == type && e.Body.Resource.Each("identifier").Any(i => i["system"].Text == system && i["value"].Text == value)).Select(e => e.Key.ToString());
    }

    private static Element RootOf(Element element) => element.Parent is { } parent ? RootOf(parent) : element;

    private static string PathIn(Element element) => element.Location[(element.Location.IndexOf('.', StringComparison.Ordinal) + 1)..];
}
