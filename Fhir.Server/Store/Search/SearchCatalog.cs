using System.Collections.Concurrent;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.FhirPath;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Search.Types;

namespace Fhir.Server.Store.Search;

/// <summary>The search parameters of each type as this database holds them — https://hl7.org/fhir/R4/searchparameter-registry.html</summary>
internal sealed class SearchCatalog(DefinitionSet definitions, ParameterNumbers numbers)
{
    private const string Combo = "combo-";
    private const string Resolves = ".where(resolve() is ";
    private readonly ConcurrentDictionary<string, IReadOnlyDictionary<string, SearchParameter>> _types = new(StringComparer.Ordinal);

    public DefinitionSet Definitions => definitions;
    public KeyedHash Hash => numbers.Hash;

    /// <summary>The commit that last wrote a SearchParameter: what it says of the deployer's own parameters holds as of then.</summary>
    public long Epoch { get; init; }

    /// <summary>The point that stands for "has a value" of a parameter without a bit.</summary>
    public long Presence => Hash.Of('m', "");

    /// <summary>The parameters of a type by code; for <c>Resource</c> those that all types have.</summary>
    public IReadOnlyDictionary<string, SearchParameter> Of(string type) => _types.GetOrAdd(type, Build);

    /// <summary>The types that a reference may point to; empty = any.</summary>
    public static IReadOnlyList<string> TargetsOf(SearchParameterDefinition definition) => OnlyTarget(definition) is { } target ? [target] : definition.Targets;

    private Dictionary<string, SearchParameter> Build(string type)
    {
        var all = definitions.SearchParameters(type);
        var inCompartment = InCompartment(type);
        var r4 = all.Where(p => p.Custom is null).ToList();
        return r4.Select((definition, ordinal) => Build(definition, r4, ordinal, inCompartment.Contains(definition.Code, StringComparer.Ordinal)))
            .Concat(all.Where(p => p.Custom is not null).Select(Own))
            .ToDictionary(p => p.Code, StringComparer.Ordinal);
    }

    // R4 leaves some types out of the patient compartment that are about a patient all the same (Task, Device): what she denies holds for them too.
    private IReadOnlyList<string> InCompartment(string type) =>
        definitions.PatientCompartment(type) is { Count: > 0 } named ? named : AccessTable.ReadBy(type) == Keeper.Patient ? ["patient"] : [];

    private SearchParameter Build(SearchParameterDefinition definition, IReadOnlyList<SearchParameterDefinition> all, int ordinal, bool inCompartment)
    {
        var keepers = Keepers(definition, all);
        return new()
        {
            Definition = definition,
            Numbers = [.. keepers.Select(numbers.Of)],
            KeepsRows = keepers is [var only] && ReferenceEquals(only, definition),
            Bit = BitOf(ordinal),
            KeepsWords = NameWords.AreOf(definition),
            Targets = TargetsOf(definition),
            Parts = [.. PartsOf(definition).Select(c => Part(c, all))],
            Path = definition is { Expression: { } expression, Code: not ("_id" or "_lastUpdated") } ? Compile(expression) : null,   // those two are columns of the row
            InPatientCompartment = inCompartment,
        };
    }

    /// <summary>The ordinal among R4's parameters, which never change; behind the last bit, and for a deployer's own, there is a row instead (0).</summary>
    internal static long BitOf(int ordinal) => ordinal < 64 ? 1L << ordinal : 0;

    // One of the deployer's own opens no compartment and shares no rows.
    private SearchParameter Own(SearchParameterDefinition definition) => new()
    {
        Definition = definition, Numbers = [numbers.Of(definition)], KeepsRows = true, Bit = 0, Targets = definition.Targets, Parts = [],
        Path = Compile(definition.Expression!), InPatientCompartment = false,
    };

    internal static bool IsCombo(SearchParameterDefinition definition) => definition.Custom is null && definition.Code.StartsWith(Combo, StringComparison.Ordinal);

    // Rows that would say the same twice are kept once: a combo parameter is its two halves, and where patient is
    // "subject, if that is a Patient", the rows of subject answer for it.
    private static List<SearchParameterDefinition> Keepers(SearchParameterDefinition definition, IReadOnlyList<SearchParameterDefinition> all)
    {
        if (IsCombo(definition))
            return [.. all.Where(p => p.Code == definition.Code[Combo.Length..] || p.Code == "component-" + definition.Code[Combo.Length..])];
        var whole = OnlyTarget(definition) is null ? null : definition.Expression![..definition.Expression!.IndexOf(Resolves, StringComparison.Ordinal)];
        return [all.FirstOrDefault(p => p.Type == SearchParameterType.Reference && p.Expression == whole) ?? definition];
    }

    // The T of an expression that is one path and ends with where(resolve() is T).
    private static string? OnlyTarget(SearchParameterDefinition definition)
    {
        if (definition.Expression is not { } expression || expression.Contains('|', StringComparison.Ordinal)) return null;
        var at = expression.IndexOf(Resolves, StringComparison.Ordinal);
        return at > 0 && expression.EndsWith(')') ? expression[(at + Resolves.Length)..^1] : null;
    }

    /// <summary>The parts of a composite in the order of the query.</summary>
    public static IReadOnlyList<SearchComponent> PartsOf(SearchParameterDefinition definition) => definition switch
    {
        // R4 (4.0.1) has the two expressions the wrong way round: relatesto is the target, relation the code.
        { Base: "DocumentReference", Code: "relationship", Components: [var to, var relation] } =>
            [to with { Expression = relation.Expression }, relation with { Expression = to.Expression }],
        _ => definition.Components,
    };

    private static SearchParameter.Part Part(SearchComponent component, IReadOnlyList<SearchParameterDefinition> all)
    {
        var like = all.First(p => p.Code == component.Code);
        return new(like.Code, like.Type, like.Targets, Compile(component.Expression));
    }

    // The expressions come with the definitions: one that does not compile is a bug of ours.
    private static CompiledExpression Compile(string expression) =>
        CompiledExpression.CompileSearch(expression).Failed(out var issue, out var compiled) ? throw new InvalidOperationException(issue.Text) : compiled;
}
