using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Search;

namespace Fhir.Server.Api.Interactions;

/// <summary>The criteria of conditional interactions: always strict, and never empty, so that they cannot match everything.</summary>
public static class Criteria
{
    public static Result<SearchQuery> Parse(string type, string query) => new SearchQuery { Type = type };
}
