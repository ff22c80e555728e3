using System.Globalization;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Terminology;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Search.Criteria;
using Fhir.Server.Store.Search.Types;

namespace Fhir.Server.Store.Search;

/// <summary>Reads a whole search: what shapes the answer here, the conditions through <see cref="CriterionParser"/>.</summary>
internal sealed class QueryParser(string? type, DefinitionSet definitions, bool strict, ResourceKey? within, Vocabulary? vocabulary, SearchLimits limits)
{
    private static readonly string[] Summaries = ["true", "text", "data", "false", "count"];
    private readonly CriterionParser _criteria = new(definitions, vocabulary, limits);
    private readonly List<KeyValuePair<string, string>> _used = [];
    private readonly List<string> _ignored = [];
    private readonly List<SortKey> _sort = [];
    private readonly List<IncludeRule> _includes = [];
    private readonly List<string> _elements = [];
    private readonly List<SearchQuery.Branch> _branches = [];
    private int _count = Math.Min(SearchQuery.DefaultCount, limits.PageSize);
    private bool _accurate, _estimated, _sortsByWords;

    public bool BoundsCare { get; init; }
    private string? _summary, _page;
    private Containing _containing = Containing.No;

    public Result<SearchQuery> Parse(IReadOnlyList<KeyValuePair<string, string>> parameters)
    {
        if (parameters.Count > limits.Parameters) return new Issue(IssueKind.Unsupported, $"A search has at most {limits.Parameters} parameters.") { Code = "too-costly" };
        if (Types(parameters).Failed(out var issue, out var types)) return issue;
        if (Containing.Of(parameters).Failed(out issue, out var containing)) return issue;
        if (containing.Inside && types.Contains(null)) return new Issue(IssueKind.Unsupported, "What is contained is searched for by its type.", "_contained");
        _containing = containing;
        _branches.AddRange(types.Select(t => new SearchQuery.Branch(t, within is { } focus ? [new CompartmentCriterion(focus)] : [])));
        foreach (var (key, value) in parameters)
        {
            if (value.Length == 0 || Take(key, value) is not { } wrong) continue;
            if (strict || !CriterionParser.IsUnknown(wrong)) return wrong with { Where = key };
            _ignored.Add(key);
        }
        if (_containing is { Inside: true, TellsContainer: false } && (_accurate || _estimated || _summary == "count" || _count == 0))
            return new Issue(IssueKind.Unsupported, "Contained resources are not counted: ask for their containers.", "_containedType");
        return new SearchQuery
        {
            Type = type, Within = within, Count = _summary == "count" ? 0 : _count, Accurate = _accurate, Estimated = _estimated, Summary = _summary == "count" ? null : _summary,
            Elements = _elements, Page = _page, Used = _used, Ignored = _ignored, Sort = _sort, Includes = _includes, Branches = _containing.Branches(_branches), Containing = _containing, AsksRows = _containing.Inside ? IndexProgress.Contained : IndexProgress.Later(_criteria.AsksRows, _sortsByWords ? IndexProgress.Words : null), Custom = _criteria.Custom, Worded = _criteria.Worded, Limits = limits,
        };
    }

    // The types to search: the one of the URL, those of _type, or all together.
    private Result<List<string?>> Types(IReadOnlyList<KeyValuePair<string, string>> parameters)
    {
        if (type is not null) return new List<string?> { type };
        var named = parameters.Where(p => p.Key == "_type").SelectMany(p => p.Value.Split(',', StringSplitOptions.RemoveEmptyEntries)).Distinct(StringComparer.Ordinal).ToList();
        if (!named.TrueForAll(definitions.IsResource)) return new Issue(IssueKind.Invalid, "_type names resource types.", "_type");
        return named.Count == 0 ? new List<string?> { null } : [.. named];
    }

    private Issue? Take(string key, string value)
    {
        if (!SearchText.IsStorable(value)) return new Issue(IssueKind.Invalid, "The value holds a character that no text can have.");
        var (name, modifier) = CriterionParser.Split(key);
        var issue = (name, modifier) switch
        {
            ("_page", null) => Keep(() => _page = value),
            ("_count", null) => Count(value),
            ("_sort", null) => Sort(value),
            ("_total", null) => value is "none" or "estimate" or "accurate" ? Keep(() => (_accurate, _estimated) = (value == "accurate", value == "estimate")) : Wrong("_total is none, estimate or accurate."),
            ("_summary", null) => Summaries.Contains(value, StringComparer.Ordinal) ? Keep(() => _summary = value) : Wrong("_summary is true, text, data, count or false."),
            ("_elements", null) => Keep(() => _elements.AddRange(value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))),
            ("_include" or "_revinclude", null or "iterate" or "recurse") => Include(value, reverse: name == "_revinclude", iterate: modifier is not null),
            ("_type", null) when type is null => null,
            ("start" or "end", null) when BoundsCare => Care(name == "start", value),
            ("_contained" or "_containedType", null) => null,
            ("_format" or "_pretty", null) => null,   // how the answer is written is not ours to know
            _ => Criterion(key, value),
        };
        if (issue is null && name is not ("_page" or "_count" or "_sort")) _used.Add(new(key, value));
        return issue;
    }

    private Issue? Criterion(string key, string value)
    {
        var found = new List<Criterion>();
        foreach (var branch in _branches)
        {
            if (_criteria.Parse(branch.Type, key, value).Failed(out var issue, out var criterion)) return issue;
            found.Add(criterion);
        }
        for (var i = 0; i < found.Count; i++) _branches[i].All.Add(found[i]);
        return null;
    }

    private Issue? Care(bool isStart, string value)
    {
        if (DateRange.Parse(value) is not { } range) return Wrong("A date is written as YYYY, YYYY-MM or YYYY-MM-DD.");
        var care = isStart ? new CareDateCriterion(range.Lo, null) : new CareDateCriterion(null, range.Hi);
        foreach (var branch in _branches) branch.All.Add(care);
        return null;
    }

    private Issue? Count(string value)
    {
        if (!int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var count)) return Wrong("_count is a number, 0 or more.");
        _count = Math.Min(count, limits.PageSize);
        _used.Add(new("_count", _count.ToString(CultureInfo.InvariantCulture)));
        return null;
    }

    private Issue? Sort(string value)
    {
        var kept = new List<string>();
        foreach (var text in value.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var key = new SortKey(text.TrimStart('-'), text.StartsWith('-'));
            var issue = key.Code is "_id" or "_lastUpdated" ? null : Sortable(key.Code);
            if (issue is not null && (strict || !CriterionParser.IsUnknown(issue))) return issue;
            if (issue is not null) _ignored.Add("_sort");
            if (issue is not null) continue;
            if (_sort.Count == limits.SortKeys) return new Issue(IssueKind.Unsupported, $"A search is sorted by at most {limits.SortKeys} keys.") { Code = "too-costly" };
            _sort.Add(key);
            kept.Add(text);
        }
        if (kept.Count > 0) _used.Add(new("_sort", string.Join(',', kept)));
        return null;
    }

    private Issue? Sortable(string code)
    {
        if (_containing.Inside) return new Issue(IssueKind.Unsupported, "What is contained is sorted by _id or _lastUpdated of the container.");
        var each = _branches.ConvertAll(branch => _criteria.Find(branch.Type, code));
        if (each.TrueForAll(one => one is null)) return CriterionParser.Unknown;
        if (each.Exists(one => one?.Type != each[0]?.Type)) return new Issue(IssueKind.Unsupported, "Several types are sorted by what all of them have, of one kind.");
        foreach (var one in each)
            if (Sortable(one!) is { } issue) return issue;
        return each[0]!.Type != SearchParameterType.Token || each.TrueForAll(one => SortOrder.Codes(one!, definitions) is null == SortOrder.Codes(each[0]!, definitions) is null)
            ? null : new Issue(IssueKind.Unsupported, "Of some of the types this has a fixed list of codes, of others not: there is no order of both.");
    }

    private Issue? Sortable(SearchParameterDefinition definition)
    {
        if (definition.Type == SearchParameterType.Composite) return new Issue(IssueKind.Unsupported, "A composite has no order to sort by.");
        if (definition.Type != SearchParameterType.Token || SortOrder.Codes(definition, definitions) is not null) return null;
        if (!SortOrder.HasWords(definition, definitions)) return new Issue(IssueKind.Unsupported, "Of tokens, those are sorted by that have a fixed list of codes, or words beside their codes.");
        _sortsByWords = true;
        return null;
    }

    // Type:parameter[:target], Type:* or *
    private Issue? Include(string value, bool reverse, bool iterate)
    {
        var parts = value.Split(':');
        if (value == "*") _includes.Add(new(reverse, iterate, null, null, null));
        else if (parts.Length is < 2 or > 3 || !definitions.IsResource(parts[0])) return Wrong("It is written as Type:parameter or Type:parameter:Target.");
        else if (parts[1] != "*" && _criteria.Find(parts[0], parts[1]) is not { Type: SearchParameterType.Reference }) return Wrong("It names no reference parameter of the type.");
        else if (parts is [_, _, var target] && !definitions.IsResource(target)) return Wrong("It names a target that is no resource type.");
        else _includes.Add(new(reverse, iterate, parts[0], parts[1] == "*" ? null : parts[1], parts.ElementAtOrDefault(2)));
        return null;
    }

    private static Issue? Keep(Action keep)
    {
        keep();
        return null;
    }

    private static Issue Wrong(string text) => new(IssueKind.Invalid, text);
}
