using System.Globalization;
using System.Text.RegularExpressions;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Search;
using Microsoft.AspNetCore.WebUtilities;

namespace Fhir.Server.Api.Bulk;

/// <summary>What a kick-off asks for — https://hl7.org/fhir/uv/bulkdata/export.html#query-parameters. Types empty = all; a type with several filters is in the queries several times.</summary>
internal sealed partial record ExportRequest(IReadOnlyList<string> Types, IReadOnlyList<SearchQuery> Filters, DateTimeOffset? Since, IReadOnlyList<string> Elements)
{
    private static readonly string[] Formats = ["application/fhir+ndjson", "application/ndjson", "ndjson"];

    public static Result<ExportRequest> Parse(IReadOnlyList<KeyValuePair<string, string>> parameters, ExportScope scope, AccessContext sees, DefinitionSet definitions)
    {
        var (types, filters, elements, since) = (new List<string>(), new List<SearchQuery>(), new List<string>(), (DateTimeOffset?)null);
        foreach (var (name, value) in parameters.Where(p => p.Value.Length > 0))
        {
            switch (name)
            {
                case "_type": types.AddRange(value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)); break;
                case "_typeFilter":
                    foreach (var filter in BetweenFilters().Split(value))
                        if (Filter(filter, definitions).Failed(out var wrong, out var query)) return wrong;
                        else filters.Add(query);
                    break;
                case "_elements" when value.Split(',', StringSplitOptions.TrimEntries) is var some && some.All(IsElement): elements.AddRange(some); break;
                case "_since" when Moment(value) is { } moment: since = moment; break;
                case "_outputFormat" when Formats.Contains(value.Replace(' ', '+'), StringComparer.Ordinal): break;
                case "_format" or "_pretty": break;
                case "_since" or "_outputFormat" or "_elements": return new Issue(IssueKind.Invalid, "This value is not understood.", name);
                default: return new Issue(IssueKind.Unsupported, "An export takes _type, _typeFilter, _since, _elements and _outputFormat, and of patients, by POST, patient.", name);
            }
        }
        return Checked(new([.. types.Distinct(StringComparer.Ordinal)], filters, since, elements), scope, sees);
    }

    // Who names a type that is not there, or that her token does not reach, hears it; a filter of a type that is not asked for says something wrong.
    private static Result<ExportRequest> Checked(ExportRequest asked, ExportScope scope, AccessContext sees)
    {
        if (asked.Types.FirstOrDefault(type => !DefinitionSet.R4.IsResource(type) || !scope.Holds(type)) is not null) return new Issue(IssueKind.Invalid, "_type names types of resources that this export can hold.", "_type");
        if (asked.Filters.Any(filter => !scope.Holds(filter.Type!) || (asked.Types.Count > 0 && !asked.Types.Contains(filter.Type!, StringComparer.Ordinal)))) return new Issue(IssueKind.Invalid, "_typeFilter narrows types that are exported.", "_typeFilter");
        var named = asked.Types.Concat(asked.Filters.Select(filter => filter.Type!));
        return named.All(type => sees.Allows(type, Permission.Read | Permission.Search)) ? asked : new Issue(IssueKind.Forbidden, "The token's scopes do not allow this.");
    }

    // name, or Patient.name: https://hl7.org/fhir/uv/bulkdata/export.html#query-parameters
    private static bool IsElement(string text) => text.Split('.') switch
    {
        [{ Length: > 0 } name] => name.All(char.IsAsciiLetterOrDigit),
        [var type, var name] => DefinitionSet.R4.IsResource(type) && DefinitionSet.R4.Type(type)!.Element(name) is not null,
        _ => false,
    };

    private static Result<SearchQuery> Filter(string text, DefinitionSet definitions)
    {
        var wrong = new Issue(IssueKind.Invalid, "A _typeFilter is a search such as Observation?category=laboratory, which shapes no page.", "_typeFilter");
        if (text.Split('?', 2) is not [var type, { Length: > 0 } query] || !DefinitionSet.R4.IsResource(type)) return wrong;
        var parameters = QueryHelpers.ParseQuery(query).SelectMany(p => p.Value.Select(v => KeyValuePair.Create(p.Key, v ?? ""))).ToList();
        if (parameters.Exists(p => SearchLater.IsOfPages(p.Key))) return wrong;
        if (SearchQuery.Parse(type, parameters, definitions, strict: true).Failed(out var issue, out var parsed)) return issue with { Where = "_typeFilter" };
        return parsed.HasCriteria ? parsed : wrong;
    }

    private static DateTimeOffset? Moment(string text) =>
        text.Length >= 10 && DateTimeOffset.TryParse(text.Replace(' ', '+'), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null;

    // Several in one value are divided by commas, which a search may have too: a new one begins with a type and its question mark.
    [GeneratedRegex(@",(?=[A-Z][A-Za-z]+\?)", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex BetweenFilters();
}
