using Fhir.Server.Core.Definitions;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Search.Types;

namespace Fhir.Server.Store.Search;

/// <summary>
/// Makes out what the filters of granular scopes ask of the index — https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html#finer-grained-resource-constraints-using-search-parameters.
/// Known is <c>category</c> where it is a token: one value, or several divided by commas. Whatever else a filter says, its scope gives nothing.
/// </summary>
public sealed class ScopeFilters
{
    private const string Known = "category";
    private readonly SearchCatalog _catalog;

    public ScopeFilters(DefinitionSet definitions, ParameterNumbers numbers) => _catalog = new(definitions, numbers);

    public Scopes MadeOut(Scopes scopes) => scopes.With(MadeOut);

    // A scope for every type is one for each type that has the parameter.
    private IEnumerable<Grant> MadeOut(Grant grant)
    {
        foreach (var type in grant.Type == "*" ? AccessTable.Types : [grant.Type])
        {
            var only = grant.Only.Select(filter => MadeOut(filter, type)).ToList();
            if (only.TrueForAll(filter => filter is not null)) yield return grant with { Type = type, Only = [.. only!] };
        }
    }

    private ScopeFilter? MadeOut(ScopeFilter filter, string type)
    {
        if (filter.Parameter != Known || !_catalog.Of(type).TryGetValue(Known, out var parameter) || parameter.Type != SearchParameterType.Token || !parameter.KeepsRows) return null;
        var rows = new List<(int, long)>();
        foreach (var value in SearchText.Cut(filter.Values, ','))
        {
            if (Token.Parse(value).Failed(out _, out var token)) return null;
            rows.Add((parameter.Numbers[0], token.Hash(_catalog.Hash)));
        }
        return filter with { AnyOf = [.. rows] };
    }
}
