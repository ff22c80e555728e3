using Fhir.Server.Api.Http;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Search;
using Microsoft.AspNetCore.WebUtilities;

namespace Fhir.Server.Api.Interactions;

/// <summary>The criteria of conditional interactions: always strict, and never empty, so that they cannot match everything.</summary>
public static class Criteria
{
    public static Result<SearchQuery> Parse(string type, string query)
    {
        if (SearchQuery.Parse(type, [.. Links.Pairs(QueryHelpers.ParseQuery(query))], DefinitionSet.R4, strict: true).Failed(out var issue, out var criteria)) return issue;
        return criteria.HasCriteria ? criteria : new Issue(IssueKind.Invalid, "The criteria would match everything.");
    }
}
