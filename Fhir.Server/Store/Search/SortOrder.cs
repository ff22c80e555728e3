using Fhir.Server.Core.Definitions;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Search.Criteria;

namespace Fhir.Server.Store.Search;

/// <summary>What results are ordered by, last of all by rid — https://hl7.org/fhir/R4/search.html#sort. What has no value comes last.</summary>
internal sealed class SortOrder
{
    /// <summary>The value to order by, as SQL on the row under the scope's alias.</summary>
    internal sealed record Term(Sql Value, bool Descending, bool MayBeMissing);

    private SortOrder(IReadOnlyList<Term> terms) => Terms = terms;

    /// <summary>Never empty, and no two rows are equal in all of them.</summary>
    public IReadOnlyList<Term> Terms { get; }

    /// <summary>The order that was asked for; without one, by rid when the rows come so anyway, and else as they were last written.</summary>
    public static SortOrder Of(IReadOnlyList<SortKey> keys, Scope scope, bool byRid)
    {
        var rid = Sql.Of($"{scope.Row}.rid");
        var terms = keys.Select(key => Of(key, scope)).ToList();
        if (keys.Count == 0 && !byRid) terms.Add(new(Sql.Of($"{scope.Row}.t"), Descending: false, MayBeMissing: false));
        terms.Add(new(rid, terms.Count > 0 && terms[^1].Descending, MayBeMissing: false));
        return new(terms);
    }

    /// <summary>The codes that an element with a fixed list of them may have, in order; null for any other.</summary>
    public static IReadOnlyList<string>? Codes(SearchParameterDefinition definition, DefinitionSet definitions)
    {
        var names = definition.Expression!.Split('.');
        var type = definitions.Type(names[0]);
        ElementDefinition? element = null;
        foreach (var name in names.Skip(1))
        {
            element = type?.Element(name);
            type = element?.Types is [var only] ? only.Type : null;
        }
        if (type?.Name == "boolean") return ["false", "true"];
        return element?.RequiredValueSet is { } valueSet && definitions.RequiredCodes(valueSet) is { IsEnumerated: true } codes && type?.Name == "code"
            ? [.. codes.Systems.SelectMany(s => s.Codes!).Order(StringComparer.Ordinal)]
            : null;
    }

    // Of several values the least counts when ascending, the greatest when descending.
    private static Term Of(SortKey key, Scope scope)
    {
        if (key.Code == "_id") return new(Sql.Of($"{scope.Row}.fid"), key.Descending, MayBeMissing: false);
        if (key.Code == "_lastUpdated") return new(Sql.Of($"{scope.Row}.t"), key.Descending, MayBeMissing: false);
        if (!ReferenceEquals(scope.MaySearchBy(key.Code), Sql.True)) return new(Sql.Of($"{0}"), key.Descending, MayBeMissing: false);   // an order would tell the hidden value
        return new(Value(scope.Parameter(key.Code), key.Descending, scope), key.Descending, MayBeMissing: true);
    }

    private static Sql Value(SearchParameter parameter, bool descending, Scope scope) => parameter.Type switch
    {
        SearchParameterType.Date => descending ? First("ix_date", "i.hi", parameter, descending, scope) : First("ix_date", "i.lo", parameter, descending, scope),
        SearchParameterType.String or SearchParameterType.Uri => First("ix_str", "i.s", parameter, descending, scope),
        SearchParameterType.Number or SearchParameterType.Quantity => First("ix_qty", "i.lo", parameter, descending, scope),
        SearchParameterType.Reference => First("ix_ref", "x.fid", parameter, descending, scope),
        SearchParameterType.Token => Rank(parameter, descending, scope),
        SearchParameterType.Composite or SearchParameterType.Special => Sql.Of($"{0}"),
    };

    private static Sql First(string table, string column, SearchParameter parameter, bool descending, Scope scope)
    {
        var join = table == "ix_ref" ? " join res x on x.rid = i.t" : "";
        var plain = table == "ix_ref" ? "" : "and i.v = 0";
        return Sql.Of($"(select {Sql.Raw(column)} from {Sql.Raw(table + " i" + join)} where i.rid = {scope.Row}.rid and {Sql.In("i.p", [.. parameter.Numbers.Select(n => (long)n)])} {Sql.Raw(plain)} order by {Sql.Raw(column + (descending ? " desc" : ""))} limit 1)");
    }

    // The place of its code in the list of all codes there are.
    private static Sql Rank(SearchParameter parameter, bool descending, Scope scope)
    {
        var codes = Codes(parameter.Definition, scope.Lookup.Catalog.Definitions)!.Select((code, i) => (Code: code, Rank: i));
        var ways = (descending ? codes.Reverse() : codes).Select(c => Sql.Of(
            $"when exists (select 1 from ix_tok i where i.p = {parameter.Numbers[0]} and i.v = {scope.Lookup.Hash.Of('c', c.Code)} and i.rid = {scope.Row}.rid) then {c.Rank}"));
        return Sql.Of($"(case {Sql.Join(" ", ways)} end)");
    }
}
