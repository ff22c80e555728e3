using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Terminology;
using Fhir.Server.Store.Search.Criteria;
using Fhir.Server.Store.Search.Types;

namespace Fhir.Server.Store.Search;

/// <summary>Reads one parameter of a search — https://hl7.org/fhir/R4/search.html#modifiers. Issues name the parameter and never repeat its value.</summary>
internal sealed class CriterionParser(DefinitionSet definitions, Vocabulary? vocabulary = null, SearchLimits? given = null)
{
    private const int MostSteps = 300;
    private readonly SearchLimits _limits = given ?? SearchLimits.Usual;
    public static readonly Issue Unknown = new(IssueKind.Invalid, "There is no such search parameter.") { Code = "not-supported" };
    private static readonly Issue NotServed = new(IssueKind.Unsupported, "This parameter is not supported here; without it the answer would be another one, so it is not left out.") { Code = "not-supported" };

    private static readonly Issue NoWords = new(IssueKind.Unsupported, "The words of this type are not indexed here (Search:FullText); without the parameter the answer would be another one, so it is not left out.") { Code = "not-supported" };

    private static readonly string[] AllModifiers = ["missing", "exact", "contains", "text", "not", "in", "not-in", "above", "below", "of-type", "identifier"];
    private readonly CodesInReach? _codes = vocabulary is null ? null : new(vocabulary);
    private readonly HashSet<SearchParameterDefinition> _custom = [];
    private readonly HashSet<string> _worded = new(StringComparer.Ordinal);
    private int _steps, _values;

    /// <summary>The deployer's own parameters that were asked of.</summary>
    public IReadOnlyCollection<SearchParameterDefinition> Custom => _custom;

    /// <summary>The types whose words were asked for.</summary>
    public IReadOnlyCollection<string> Worded => _worded;

    /// <summary>The words of that type are indexed, for one of the two parameters that ask for them.</summary>
    public static bool IsOfWords(DefinitionSet definitions, string? type, string code) =>
        code is ContentWords.Narrative or ContentWords.All && type is not null && definitions.WordsOf.Contains(type) && definitions.SearchParameter(type, code) is not null;

    /// <summary>Something was asked of the words beside codes, across units or by pieces of names: in a database from before they must have been indexed first.</summary>
    public string? AsksRows { get; private set; }

    /// <summary>True when nothing but the name was wrong: a lenient search leaves the parameter out.</summary>
    public static bool IsUnknown(Issue issue) => ReferenceEquals(issue, Unknown);

    /// <summary>Reads <c>key=value</c> as a condition on a type (null = any). Where is left for the caller to fill.</summary>
    public Result<Criterion> Parse(string? type, string key, string value, int links = 0)
    {
        if (links > _limits.ChainLinks) return TooCostly($"A chain has at most {_limits.ChainLinks} links.");
        _steps = links == 0 ? 0 : _steps + 1;
        if (_steps > MostSteps) return TooCostly("The chain branches too often: name the types that it leads over.");
        var values = Each(value).Take(_limits.Values + 1).Count();
        if (values > _limits.Values) return TooCostly($"A parameter has at most {_limits.Values} values.");
        if ((_values += values) > _limits.ValuesTogether) return TooCostly("The search has too many values, or too many types and links for them.");
        if (key.StartsWith("_has:", StringComparison.Ordinal)) return ParseHas(type, key, value, links);
        var dot = key.IndexOf('.', StringComparison.Ordinal);
        if (dot >= 0) return ParseChain(type, key[..dot], key[(dot + 1)..], value, links);
        var (code, modifier) = Split(key);
        return code switch
        {
            "_id" or "_lastUpdated" => ParseOwn(code, modifier, value),
            "_type" when links > 0 => Each(value).Select(SearchText.Unescape).ToList() is var types && types.All(definitions.IsResource) ? new TypeCriterion(types) : new Issue(IssueKind.Invalid, "_type names resource types."),
            "_list" => ParseList(modifier, value),
            ContentWords.Narrative or ContentWords.All => ParseWords(type, code, modifier, value),
            _ when Find(type, code) is { } definition => ParseValues(definition, modifier, value, type),
            _ when IsNamed(type, code) => NotServed,
            _ => Unknown,
        };
    }

    /// <summary>The search parameter of that code, unless it is one that nothing is indexed for.</summary>
    public SearchParameterDefinition? Find(string? type, string code)
    {
        if (definitions.SearchParameter(type ?? "Resource", code) is not { Expression: not null, Type: not SearchParameterType.Special } definition) return null;
        if (definition.Custom is not null) _custom.Add(definition);
        return definition;
    }

    // R4 has a meaning for it, and nothing is indexed that could answer: _text, near and the like.
    private bool IsNamed(string? type, string code) =>
        code is "_filter" or "_query" || definitions.SearchParameter(type ?? "Resource", code) is not null;

    /// <summary>The name and what stands behind its colon.</summary>
    public static (string Code, string? Modifier) Split(string key) =>
        key.IndexOf(':', StringComparison.Ordinal) is var colon and >= 0 ? (key[..colon], key[(colon + 1)..]) : (key, null);

    private Result<Criterion> ParseValues(SearchParameterDefinition definition, string? modifier, string value, string? type)
    {
        if (modifier == "missing") return ParseMissing(value).Failed(out var wrong, out var missing) ? wrong : new MissingCriterion(definition.Code, missing);
        if (Reader(definition, modifier, type).Failed(out var issue, out var read)) return issue;
        var values = new List<SearchValue>();
        foreach (var text in Each(value))
        {
            if (read(text).Failed(out issue, out var one)) return issue;
            values.Add(one);
        }
        return new ValueCriterion(definition.Code, values, Not: modifier is "not" or "not-in");
    }

    private Result<Criterion> ParseWords(string? type, string code, string? modifier, string value)
    {
        if (!IsOfWords(definitions, type, code)) return NoWords;
        _worded.Add(type!);
        if (modifier == "missing") return ParseMissing(value).Failed(out var wrong, out var missing) ? wrong : new MissingCriterion(code, missing);
        if (modifier is not null) return new Issue(IssueKind.Invalid, "The parameter has no such modifier.");
        var values = new List<SearchValue>();
        foreach (var text in Each(value))
        {
            if (WordsValue.Parse(text).Failed(out var issue, out var words)) return issue;
            values.Add(words);
        }
        return new ValueCriterion(code, values, Not: false);
    }

    /// <summary>The modifiers that a parameter may have here, <c>:[type]</c> of a reference aside.</summary>
    public IEnumerable<string> Modifiers(SearchParameterDefinition definition) => AllModifiers.Where(m => m == "missing" || !Reader(definition, m, null).Failed(out _, out _));

    // How each value is read; an issue when the parameter does not have that modifier.
    private Result<Func<string, Result<SearchValue>>> Reader(SearchParameterDefinition definition, string? modifier, string? type) => (definition.Type, modifier) switch
    {
        (SearchParameterType.String, null) => Text(StringMatch.Start),
        (SearchParameterType.String, "exact") => Text(StringMatch.Exact),
        (SearchParameterType.String, "contains") => Piece(definition),
        (SearchParameterType.Token, null or "not") => By(TokenValue.Parse),
        (SearchParameterType.Token, "in" or "not-in") when _codes is { } codes => By(text => codes.In(SearchText.Unescape(text))),
        (SearchParameterType.Token, "above" or "below") when _codes is { } codes => By(text => codes.Along(text, modifier == "above")),
        (SearchParameterType.Token, "of-type") => By(OfTypeValue.Parse),
        (SearchParameterType.Reference, "identifier") => By(TokenValue.Parse),
        (SearchParameterType.Reference, null) => To(null),
        (SearchParameterType.Reference, { } target) when definitions.IsResource(target) => MayPointTo(definition, target) ? To(target) : Modifier("It does not refer to that type."),
        (SearchParameterType.Uri, null) => Uri(UriMatch.Equal),
        (SearchParameterType.Uri, "above") => Uri(UriMatch.Above),
        (SearchParameterType.Uri, "below") => Uri(UriMatch.Below),
        (SearchParameterType.Date, null) => By(DateValue.Parse),
        (SearchParameterType.Number, null) => By(NumberValue.Parse),
        (SearchParameterType.Quantity, null) => By(Amount),
        (SearchParameterType.Composite, null) => Tuple(definition, type),
        (SearchParameterType.Token or SearchParameterType.Reference, "text") => Words(),
        (SearchParameterType.Token, "in" or "not-in" or "above" or "below") or (SearchParameterType.Reference, "above" or "below") => Modifier("This modifier is not supported here."),
        _ => new Issue(IssueKind.Invalid, "The parameter has no such modifier."),
    };

    private Func<string, Result<SearchValue>> Tuple(SearchParameterDefinition definition, string? type)
    {
        var parts = SearchCatalog.PartsOf(definition)
            .Select(part => Reader(Find(type, part.Code)!, null, type).Failed(out _, out var read) ? throw new InvalidOperationException($"{definition.Code} cannot be read.") : read)
            .ToList();
        return text =>
        {
            var read = CompositeValue.Parse(text, parts);
            if (!read.Failed(out _, out var value) && value is CompositeValue { Table: "ix_qty" }) AsksRows = IndexProgress.Later(AsksRows, IndexProgress.Composites);   // without a unit, their rows came later
            return read;
        };
    }

    private static Result<Func<string, Result<SearchValue>>> Modifier(string text) => new Issue(IssueKind.Unsupported, text);
    private static Result<Func<string, Result<SearchValue>>> By(Func<string, Result<SearchValue>> read) => read;
    private static Issue TooCostly(string text) => new(IssueKind.Unsupported, text) { Code = "too-costly" };
    private Func<string, Result<SearchValue>> Text(StringMatch match) => text => text.Length > _limits.TextLength ? TooCostly("The text is too long.") : new StringValue(SearchText.Unescape(text), match);

    private Func<string, Result<SearchValue>> Piece(SearchParameterDefinition definition)
    {
        if (NameWords.AreOf(definition)) AsksRows = IndexProgress.Later(AsksRows, IndexProgress.Names);
        return Text(StringMatch.Contains);
    }

    private Func<string, Result<SearchValue>> Words()
    {
        AsksRows = IndexProgress.Later(AsksRows, IndexProgress.Words);
        return text => Text(StringMatch.Start)(text).Failed(out var issue, out var words) ? issue : new CodeTextValue((StringValue)words);
    }

    private Result<SearchValue> Amount(string text)
    {
        var read = QuantityValue.Parse(text);
        if (!read.Failed(out _, out var value) && value is QuantityValue { Quantity.IsMeasured: true }) AsksRows = IndexProgress.Later(AsksRows, IndexProgress.Words);   // rows of units came later too
        return read;
    }

    private static Func<string, Result<SearchValue>> Uri(UriMatch match) => text => new UriValue(SearchText.Unescape(text), match);
    private static Func<string, Result<SearchValue>> To(string? target) => text => new ReferenceValue(SearchText.Unescape(text), target);

    private static Result<Criterion> ParseOwn(string code, string? modifier, string value)
    {
        if (modifier == "missing") return ParseMissing(value).Failed(out var wrong, out var missing) ? wrong : new ConstantCriterion(code, !missing);
        if (code == "_id" && modifier is null or "not") return new IdCriterion([.. Each(value).Select(SearchText.Unescape)], Not: modifier == "not");
        if (modifier is not null) return new Issue(IssueKind.Invalid, "The parameter has no such modifier.");
        var dates = new List<Date>();
        foreach (var text in Each(value))
        {
            if (Date.Parse(text).Failed(out var issue, out var date)) return issue;
            dates.Add(date);
        }
        return new LastUpdatedCriterion(dates);
    }

    private Result<Criterion> ParseChain(string? type, string head, string tail, string value, int links)
    {
        var (code, target) = Split(head);
        if (Find(type, code) is not { } reference) return Unknown;
        if (reference.Type != SearchParameterType.Reference) return new Issue(IssueKind.Invalid, "Only a reference can be followed.");
        if (target is not null && (!definitions.IsResource(target) || !MayPointTo(reference, target))) return new Issue(IssueKind.Invalid, "The chain names a type that it does not lead to.");
        var targets = target is not null ? [target] : SearchCatalog.TargetsOf(reference);
        if (targets.Count == 0) return new Issue(IssueKind.Invalid, "The chain could lead to any type: name one, as in 'subject:Patient'.");
        var found = new List<(string, Criterion)>();
        Issue? wrong = null;
        foreach (var one in targets)
        {
            if (!Parse(one, tail, value, links + 1).Failed(out var issue, out var condition)) found.Add((one, condition));
            else if (!IsUnknown(issue)) wrong = issue;   // a type that does not have the parameter is no part of the chain
        }
        if (wrong?.Code == "too-costly") return wrong;
        if (found.Count > 0) return new ChainCriterion(code, found);
        return wrong ?? new Issue(IssueKind.Invalid, "The chain ends in a parameter that is not there.");
    }

    // _has:Source:reference:rest
    private Result<Criterion> ParseHas(string? type, string key, string value, int links)
    {
        if (key.Split(':', 4) is not [_, var source, var code, var rest]) return new Issue(IssueKind.Invalid, "_has is written as _has:Type:reference:parameter.");
        if (!definitions.IsResource(source) || Find(source, code) is not { Type: SearchParameterType.Reference } reference)
            return new Issue(IssueKind.Invalid, "_has names no reference parameter of a resource type.");
        if (type is null || !MayPointTo(reference, type)) return new Issue(IssueKind.Invalid, "The reference that _has names does not lead here.");
        if (Parse(source, rest, value, links + 1).Failed(out var issue, out var condition))
            return IsUnknown(issue) ? new Issue(IssueKind.Invalid, "_has ends in a parameter that is not there.") : issue;
        return condition switch   // with :not it is asked that there is no such one
        {
            ValueCriterion { Not: true } values => new HasCriterion(source, code, values with { Not = false }) { None = true },
            IdCriterion { Not: true } ids => new HasCriterion(source, code, ids with { Not = false }) { None = true },
            _ => new HasCriterion(source, code, condition),
        };
    }

    // https://hl7.org/fhir/R4/search.html#list: what a List names; lists that are made up on the spot ($current-problems) there are none.
    private static Result<Criterion> ParseList(string? modifier, string value)
    {
        var ids = Each(value).Select(SearchText.Unescape).ToList();
        if (modifier is not null) return new Issue(IssueKind.Invalid, "The parameter has no such modifier.");
        if (ids.Exists(id => id.StartsWith('$'))) return new Issue(IssueKind.Unsupported, "Only Lists that are stored here can be searched by.");
        return new HasCriterion("List", "item", new IdCriterion(ids, Not: false));
    }

    private static bool MayPointTo(SearchParameterDefinition reference, string type) =>
        SearchCatalog.TargetsOf(reference) is var targets && (targets.Count == 0 || targets.Contains(type, StringComparer.Ordinal));

    private static Result<bool> ParseMissing(string value) => value switch
    {
        "true" => true,
        "false" => false,
        _ => new Issue(IssueKind.Invalid, ":missing is true or false."),
    };

    private static IEnumerable<string> Each(string value) => SearchText.Cut(value, ',').Where(text => text.Length > 0);
}
