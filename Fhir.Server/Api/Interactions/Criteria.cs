using Fhir.Server.Api.Http;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Search;
using Microsoft.AspNetCore.WebUtilities;

namespace Fhir.Server.Api.Interactions;

/// <summary>The criteria of conditional interactions: always strict, and never empty, so that they cannot match everything.</summary>
public static class Criteria
{
    private const string Header = "If-None-Exist";

    public static Result<SearchQuery> Parse(string type, string query) => Parse(type, Links.Pairs(QueryHelpers.ParseQuery(query)), Header);

    /// <summary>Those of the address of a conditional update, patch or delete.</summary>
    public static Result<SearchQuery> Of(string type, IEnumerable<KeyValuePair<string, string>> query) =>
        Parse(type, query.Where(p => p.Key is not ("_format" or "_pretty")), null);

    private static Result<SearchQuery> Parse(string type, IEnumerable<KeyValuePair<string, string>> query, string? where)
    {
        var parameters = query.ToList();
        if (parameters.Exists(p => p.Key is "_include" or "_revinclude" or "_sort" or "_count" or "_page" or "_elements" or "_summary" or "_total"))
            return new Issue(IssueKind.Invalid, "Criteria hold search parameters only.", where);
        if (SearchQuery.Parse(type, parameters, DefinitionSet.R4, strict: true).Failed(out var issue, out var criteria)) return issue;
        return criteria.HasCriteria ? criteria : new Issue(IssueKind.Invalid, "The criteria would match everything.", where);
    }
}
