using Fhir.Server.Core.Definitions;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Search.Criteria;

namespace Fhir.Server.Store.Search;

/// <summary>What results are ordered by, last of all by rid — https://hl7.org/fhir/R4/search.html#sort. What has no value comes last.</summary>
internal sealed class SortOrder
{
    /// <summary>A value to order by, as SQL on the row under the scope's alias.</summary>
    internal sealed record Term(Sql Value, bool Descending, bool MayBeMissing);

    /// <summary>An index whose own order is this order: rows of one parameter by First, Second and rid.</summary>
    internal sealed record Walk(string Table, string First, string Second, IReadOnlyList<int> Numbers, bool Descending)
    {
        /// <summary>The number of its parameter, where one type is searched.</summary>
        public int Number => Numbers[0];

        /// <summary>The row under the alias is of the parameter. The plus keeps SQLite to the rows of a resource.</summary>
        public Sql IsOf(string alias) => SortOrder.IsOf(alias, Numbers);

        /// <summary>The rows that count, under an alias: whole values, without a unit.</summary>
        public Sql Rows(string alias) => Sql.Raw($"{alias}.v = 0" + (Table == "ix_qty" ? $" and {alias}.u = 0" : ""));

        /// <summary>The row under the alias is the one that a resource with several values stands at. The plus keeps SQLite to the rows of that resource.</summary>
        public Sql IsPlace(string alias)
        {
            var (row, first, second, better) = (Sql.Raw(alias), Sql.Raw(First), Sql.Raw(Second), Sql.Raw(Descending ? ">" : "<"));
            return Sql.Of(
                $"""
                not exists (select 1 from {Sql.Raw(Table)} z where z.rid = {row}.rid and {IsOf("z")} and {Rows("z")}
                and (z.{first} {better} {row}.{first} or (z.{first} = {row}.{first} and z.{second} {better} {row}.{second})))
                """);
        }
    }

    private SortOrder(IReadOnlyList<Term> terms, Sql joins, Walk? index) => (Terms, Joins, Index) = (terms, joins, index);

    /// <summary>The index rows that terms speak of, to be joined to the resources.</summary>
    public Sql Joins { get; }

    /// <summary>Never empty, and no two rows are equal in all of them.</summary>
    public IReadOnlyList<Term> Terms { get; }

    /// <summary>The index to read in order, when there is one.</summary>
    public Walk? Index { get; }

    /// <summary>True when a page can be read in this order without sorting all that matches.</summary>
    public static bool CanBeRead(IReadOnlyList<SortKey> keys, Scope scope) =>
        keys is [] or [{ Code: "_lastUpdated" }] || (keys is [var only] && scope.Type is not null && WalkOf(only, [scope]) is not null);

    /// <summary>The order that was asked for; without one, by rid when the rows come so anyway, and else as they were last written.</summary>
    public static SortOrder Of(IReadOnlyList<SortKey> keys, IReadOnlyList<Scope> scopes, bool byRid)
    {
        var (terms, joins, scope) = (new List<Term>(), Sql.Empty, scopes[0]);
        foreach (var key in keys.Where(k => MaySortBy(k, scopes)))
        {
            if (WalkOf(key, scopes) is not { } walk)
            {
                terms.Add(Of(key, scopes));
                continue;
            }
            var alias = $"s{terms.Count}";
            joins = Sql.Of($"{joins} left join {Sql.Raw($"{walk.Table} {alias}")} on {Sql.Raw(alias)}.rid = {scope.Row}.rid and {walk.IsOf(alias)} and {walk.Rows(alias)} and {walk.IsPlace(alias)}");
            terms.AddRange(new[] { walk.First, walk.Second }.Select(column => new Term(Sql.Raw($"{alias}.{column}"), key.Descending, MayBeMissing: true)));
        }
        if (keys.Count == 0 && !byRid) terms.Add(new(Sql.Of($"{scope.Row}.t"), Descending: false, MayBeMissing: false));
        terms.Add(new(Sql.Of($"{scope.Row}.rid"), terms.Count > 0 && terms[^1].Descending, MayBeMissing: false));
        return new(terms, joins, keys is [var only] && scopes is [{ Type: not null }] ? WalkOf(only, scopes) : null);
    }

    /// <summary>The codes that an element with a fixed list of them may have, in order; null for any other.</summary>
    public static IReadOnlyList<string>? Codes(SearchParameterDefinition definition, DefinitionSet definitions)
    {
        var (element, type) = At(definition.Expression!, definitions);
        if (type?.Name == "boolean") return ["false", "true"];
        return element?.RequiredValueSet is { } valueSet && definitions.RequiredCodes(valueSet) is { IsEnumerated: true } codes && type?.Name == "code"
            ? [.. codes.Systems.SelectMany(s => s.Codes!).Order(StringComparer.Ordinal)]
            : null;
    }

    /// <summary>It is a token of codes, which are ordered by the words beside them (display and text), as a reader would; a code without words comes last.</summary>
    public static bool HasWords(SearchParameterDefinition definition, DefinitionSet definitions) =>
        definition.Type == SearchParameterType.Token && !SearchCatalog.IsCombo(definition) && Codes(definition, definitions) is null
        && definition.Expression!.Split('|').All(path => path.Contains(" as CodeableConcept", StringComparison.Ordinal) || At(path.Trim(), definitions).Type?.Name is "CodeableConcept" or "Coding");

    // What a plain path leads to; nothing when it is not plain.
    private static (ElementDefinition? Element, TypeDefinition? Type) At(string path, DefinitionSet definitions)
    {
        var names = path.Split('.');
        var type = definitions.Type(names[0]);
        ElementDefinition? element = null;
        foreach (var name in names.Skip(1))
        {
            element = type?.Element(name);
            type = element?.Types is [var only] ? only.Type : null;
        }
        return (element, type);
    }

    // Of several values the least counts when ascending, the greatest when descending.
    private static Walk? WalkOf(SortKey key, IReadOnlyList<Scope> scopes)
    {
        if (key.Code is "_id" or "_lastUpdated" || !MaySortBy(key, scopes) || scopes[0].Parameter(key.Code) is not { Numbers.Count: 1 } parameter) return null;
        var number = Numbers(key, scopes);
        return parameter.Type switch
        {
            SearchParameterType.Date => key.Descending ? new("ix_date", "hi", "lo", number, true) : new("ix_date", "lo", "hi", number, false),
            SearchParameterType.String or SearchParameterType.Uri => new("ix_str", "s", "x", number, key.Descending),
            SearchParameterType.Number or SearchParameterType.Quantity => new("ix_qty", "lo", "hi", number, key.Descending),
            SearchParameterType.Token when HasWords(parameter.Definition, scopes[0].Lookup.Catalog.Definitions) => new("ix_str", "s", "x", number, key.Descending),
            SearchParameterType.Token or SearchParameterType.Reference or SearchParameterType.Composite or SearchParameterType.Special => null,
        };
    }

    private static Term Of(SortKey key, IReadOnlyList<Scope> scopes)
    {
        var scope = scopes[0];
        if (key.Code == "_id") return new(Sql.Of($"{scope.Row}.fid"), key.Descending, MayBeMissing: false);
        if (key.Code == "_lastUpdated") return new(Sql.Of($"{scope.Row}.t"), key.Descending, MayBeMissing: false);
        var parameter = scope.Parameter(key.Code);
        var value = parameter.Type == SearchParameterType.Reference ? Target(key, scopes) : Rank(key, scopes);
        return new(value, key.Descending, MayBeMissing: true);
    }

    // An order would tell a hidden value. Types may share the rows of a parameter: what is hidden of one is no order for any.
    private static bool MaySortBy(SortKey key, IReadOnlyList<Scope> scopes) => scopes.All(scope => ReferenceEquals(scope.MaySearchBy(key.Code), Sql.True));

    // Each type has its rows of a parameter under its own number, or under that of what they inherit.
    private static IReadOnlyList<int> Numbers(SortKey key, IReadOnlyList<Scope> scopes) => [.. scopes.Select(scope => scope.Parameter(key.Code).Numbers[0]).Distinct()];

    private static Sql IsOf(string alias, IReadOnlyList<int> numbers) =>
        numbers is [var only] ? Sql.Of($"{Sql.Raw($"+{alias}.p")} = {only}") : Sql.In($"+{alias}.p", [.. numbers.Select(number => (long)number)]);

    private static Sql Target(SortKey key, IReadOnlyList<Scope> scopes) => Sql.Of(
        $"(select x.fid from ix_ref i join res x on x.rid = i.t where i.rid = {scopes[0].Row}.rid and {IsOf("i", Numbers(key, scopes))} order by {Sql.Raw(key.Descending ? "x.fid desc" : "x.fid")} limit 1)");

    // The place of its code in the list of all codes there are.
    private static Sql Rank(SortKey key, IReadOnlyList<Scope> scopes)
    {
        var scope = scopes[0];
        var numbers = Numbers(key, scopes);
        var rows = numbers is [var only] ? Sql.Of($"i.p = {only}") : Sql.In("i.p", [.. numbers.Select(number => (long)number)]);
        var codes = scopes.SelectMany(s => Codes(s.Parameter(key.Code).Definition, s.Lookup.Catalog.Definitions)!).Distinct().Order(StringComparer.Ordinal).Select((code, i) => (Code: code, Rank: i));
        var ways = (key.Descending ? codes.Reverse() : codes).Select(c => Sql.Of(
            $"when exists (select 1 from ix_tok i where {rows} and i.v = {scope.Lookup.Hash.Of('c', c.Code)} and i.rid = {scope.Row}.rid) then {c.Rank}"));
        return Sql.Of($"(case {Sql.Join(" ", ways)} end)");
    }
}
