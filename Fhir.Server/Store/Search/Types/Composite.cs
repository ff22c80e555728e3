using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Search.Types;

/// <summary>composite — https://hl7.org/fhir/R4/search.html#combining: values that belong together; one row per tuple found within one element.</summary>
internal static class Composite
{
    public static bool Index(Element within, SearchParameter parameter, IndexEntries to, SearchCatalog catalog, ServerBases bases)
    {
        var found = parameter.Parts.Select(part => Find(part, within)).ToList();
        if (found.Any(elements => elements.Count == 0)) return false;
        var p = parameter.Numbers[0];
        var firsts = found[0].SelectMany(e => Hashes(parameter.Parts[0].Type, e, catalog, bases)).Distinct().ToList();
        foreach (var first in firsts)
        {
            if (found.Count == 3) IndexPair(found[1], found[2], p, first, to);
            else foreach (var second in found[1]) IndexSecond(parameter.Parts[1].Type, second, p, first, to, catalog, bases);
        }
        return firsts.Count > 0;
    }

    private static void IndexSecond(SearchParameterType type, Element element, int p, long first, IndexEntries to, SearchCatalog catalog, ServerBases bases)
    {
        switch (type)
        {
            case SearchParameterType.Token or SearchParameterType.Reference:
                foreach (var second in Hashes(type, element, catalog, bases)) to.Tokens.Add((p, catalog.Hash.Of(first, second)));
                break;
            case SearchParameterType.Quantity or SearchParameterType.Number:
                foreach (var (u, lo, hi) in Quantity.In(element, catalog.Hash)) to.Quantities.Add((p, first, u, lo, hi));
                break;
            case SearchParameterType.Date when Date.In(element) is { } range:
                to.Dates.Add((p, first, range.Lo, range.Hi));
                break;
            case SearchParameterType.String:
                foreach (var text in StringText.In(element)) StringText.IndexPart(text, p, first, to, catalog.Hash);
                break;
        }
    }

    // Two numbers (the start and end of a variant) share a row: the one is Lo, the other Hi.
    private static void IndexPair(List<Element> starts, List<Element> ends, int p, long first, IndexEntries to)
    {
        foreach (var start in starts)
            foreach (var end in ends)
                if (start.Text is { } s && end.Text is { } e && DecimalKey.Of(s) is { } lo && DecimalKey.Of(e) is { } hi) to.Quantities.Add((p, first, 0, lo, hi));
    }

    private static IEnumerable<long> Hashes(SearchParameterType type, Element element, SearchCatalog catalog, ServerBases bases) =>
        type == SearchParameterType.Reference ? ReferenceText.Hashes(element, catalog, bases) : Token.In(element, catalog.Definitions).SelectMany(t => t.CodeHashes(catalog.Hash));

    private static List<Element> Find(SearchParameter.Part part, Element within)
    {
        var found = new List<Element>();
        part.Path.Select(within, found);
        return found;
    }
}

/// <summary>A searched tuple: a token or reference, and one or two values that stand in the same element.</summary>
internal sealed record CompositeValue(IReadOnlyList<SearchValue> Parts) : SearchValue(TableOf(Parts))
{
    /// <summary>Reads <c>first$second</c>; each part is read as its own parameter would.</summary>
    public static Result<SearchValue> Parse(string text, IReadOnlyList<Func<string, Result<SearchValue>>> parts)
    {
        var texts = SearchText.Cut(text, '$');
        if (texts.Count != parts.Count) return new Issue(IssueKind.Invalid, "A composite has one value for each of its parts, with '$' between them.");
        var values = new List<SearchValue>();
        for (var i = 0; i < parts.Count; i++)
        {
            if (parts[i](texts[i]).Failed(out var issue, out var value)) return issue;
            values.Add(value);
        }
        return values[0] is TokenValue { Token.Code: null } ? new Issue(IssueKind.Unsupported, "The first part of a composite needs a code.") : new CompositeValue(values);
    }

    public override Sql Where(SearchParameter parameter, Lookup lookup)
    {
        var firsts = Hashes(0, parameter, lookup);
        if (Table == "ix_tok") return Sql.In("i.v", [.. firsts.SelectMany(first => Hashes(1, parameter, lookup).Select(second => lookup.Hash.Of(first, second)))]);
        return Sql.Any(firsts.Select(first => Sql.Of($"({Second(first, lookup)})")));
    }

    private Sql Second(long first, Lookup lookup) => Parts switch
    {
        [_, NumberValue from, NumberValue to] => Sql.Of($"i.v = {first} and {from.Number.Where(Sql.Raw("i.lo"), Sql.Raw("i.lo"))} and {to.Number.Where(Sql.Raw("i.hi"), Sql.Raw("i.hi"))}"),
        [_, NumberValue number] => Sql.Of($"i.v = {first} and {number.Number.Where(Sql.Raw("i.lo"), Sql.Raw("i.hi"))}"),
        [_, QuantityValue quantity] => Sql.Of($"i.v = {first} and {quantity.Quantity.Where(lookup.Hash)}"),
        [_, DateValue date] => Sql.Of($"i.v = {first} and {date.Date.Where(Sql.Raw("i.lo"), Sql.Raw("i.hi"), lookup.NowMicros)}"),
        [_, StringValue text] => StringText.StartsWith(text.Text, first),
        _ => Sql.False,
    };

    private IReadOnlyList<long> Hashes(int part, SearchParameter parameter, Lookup lookup) => Parts[part] switch
    {
        TokenValue { Token: { Code: not null } token } => [token.Hash(lookup.Hash)],
        ReferenceValue reference => reference.Hashes(parameter.Parts[part].Targets, lookup),
        _ => [],
    };

    private static string TableOf(IReadOnlyList<SearchValue> parts) => parts[1].Table == "ix_ref" ? "ix_tok" : parts[1].Table;
}
