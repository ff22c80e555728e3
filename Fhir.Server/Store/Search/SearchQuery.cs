using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Terminology;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Search.Criteria;

namespace Fhir.Server.Store.Search;

/// <summary>A parsed search — https://hl7.org/fhir/R4/search.html.</summary>
public sealed class SearchQuery
{
    public const int DefaultCount = 50, MostCount = 1000, MostEstimated = 10_000;

    internal SearchQuery() { }

    /// <summary>The type searched, or null for a search over all types.</summary>
    public string? Type { get; internal init; }
    /// <summary>The resource in whose compartment is searched, or null.</summary>
    public ResourceKey? Within { get; internal init; }
    /// <summary>Matches on a page; 0 = only their number is wanted.</summary>
    public int Count { get; internal init; } = DefaultCount;
    /// <summary>The total is wanted whatever it costs.</summary>
    public bool Accurate { get; internal init; }
    /// <summary>A total that is right up to <see cref="MostEstimated"/> will do.</summary>
    public bool Estimated { get; internal init; }
    /// <summary><c>_summary</c> as it was asked: true, text, data, false, or null.</summary>
    public string? Summary { get; internal init; }
    /// <summary><c>_elements</c> as it was asked.</summary>
    public IReadOnlyList<string> Elements { get; internal init; } = [];
    /// <summary>The sealed token of the page before (<c>_page</c>), or null for the first page.</summary>
    public string? Page { get; internal init; }
    /// <summary>The parameters that were used, for the self link; those that were not understood are left out.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Used { get; internal init; } = [];
    /// <summary>The names of those that were left out, because nothing is searched by them here.</summary>
    public IReadOnlyList<string> Ignored { get; internal init; } = [];
    /// <summary>False when everything would match: a conditional write must refuse that.</summary>
    public bool HasCriteria => Branches.Count > 0 && Branches.All(b => b.All.Count > 0);

    /// <summary>It asks for rows that older versions did not keep (the words beside codes): only what <see cref="IndexProgress"/> says is whole may be asked so.</summary>
    public bool AsksWords => AsksRows is not null;

    /// <summary>The newest of those rows.</summary>
    internal string? AsksRows { get; init; }

    /// <summary>The deployer's own parameters that it asks of.</summary>
    internal IReadOnlyCollection<SearchParameterDefinition> Custom { get; init; } = [];
    /// <summary>The types whose words it asks for.</summary>
    internal IReadOnlyCollection<string> Worded { get; init; } = [];
    internal SearchLimits Limits { get; init; } = SearchLimits.Usual;
    internal bool CountOnly => Count == 0;
    /// <summary>One statement does not answer it: those that do must see the same state.</summary>
    internal bool TakesSeveralLooks => Includes.Count > 0 || Sort.Count > 0 || Accurate || Estimated || CountOnly || TellsContained;
    /// <summary>One for each type that is searched; one without a type for all together.</summary>
    /// <summary>The names of the parameters it searches by.</summary>
    public IEnumerable<string> Codes => Branches.SelectMany(b => b.All).Select(c => c.Code).Distinct();
    internal Containing Containing { get; init; } = Containing.No;
    /// <summary>What is told are contained resources, not their containers.</summary>
    internal bool TellsContained => Containing is { Inside: true, TellsContainer: false };
    internal IReadOnlyList<Branch> Branches { get; init; } = [];
    internal IReadOnlyList<SortKey> Sort { get; init; } = [];
    internal IReadOnlyList<IncludeRule> Includes { get; init; } = [];

    /// <summary>
    /// Reads the parameters as they came, percent-decoded. What is not understood is left out, or with <paramref name="strict"/>
    /// refused (https://hl7.org/fhir/R4/search.html#errors); a wrong value or modifier is refused in any case. Within: only what is in the compartment of that resource. Without a vocabulary :in, :not-in, :above and :below of tokens are refused.
    /// </summary>
    public static Result<SearchQuery> Parse(string? type, IReadOnlyList<KeyValuePair<string, string>> parameters, DefinitionSet definitions, bool strict = false, ResourceKey? within = null, Vocabulary? vocabulary = null, SearchLimits? limits = null) =>
        new QueryParser(type, definitions, strict, within, vocabulary, limits ?? SearchLimits.Usual).Parse(parameters);

    /// <summary>The parameters of a type (<c>Resource</c>: of all) that something is searched by.</summary>
    public static IEnumerable<SearchParameterDefinition> Parameters(string type, DefinitionSet definitions) =>
        definitions.SearchParameters(type).Where(p => new CriterionParser(definitions).Find(type, p.Code) is not null || CriterionParser.IsOfWords(definitions, type, p.Code));

    /// <summary>The modifiers that such a parameter may have.</summary>
    public static IReadOnlyList<string> Modifiers(SearchParameterDefinition parameter, DefinitionSet definitions, Vocabulary vocabulary) => [.. new CriterionParser(definitions, vocabulary).Modifiers(parameter)];

    /// <summary>The types that a reference parameter may lead to; empty = any.</summary>
    public static IReadOnlyList<string> Targets(SearchParameterDefinition parameter) => SearchCatalog.TargetsOf(parameter);

    /// <summary>What is in the compartment of a resource and what that refers to; <c>start</c> and <c>end</c> bound when the care was — https://hl7.org/fhir/R4/patient-operation-everything.html</summary>
    public static Result<SearchQuery> Everything(ResourceKey focus, IReadOnlyList<KeyValuePair<string, string>> parameters, DefinitionSet definitions, SearchLimits? limits = null) =>
        new QueryParser(null, definitions, strict: true, focus, null, limits ?? SearchLimits.Usual) { BoundsCare = true }.Parse([.. parameters, new("_include", "*")]);

    /// <summary>The conditions on one type.</summary>
    internal sealed record Branch(string? Type, List<Criterion> All);
}

/// <summary>One key of <c>_sort</c> — https://hl7.org/fhir/R4/search.html#sort</summary>
internal sealed record SortKey(string Code, bool Descending);

/// <summary>One <c>_include</c> or <c>_revinclude</c> — https://hl7.org/fhir/R4/search.html#include. Code null = all references.</summary>
internal sealed record IncludeRule(bool Reverse, bool Iterate, string? Source, string? Code, string? Target);
