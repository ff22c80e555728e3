using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;

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
                foreach (var (u, lo, hi) in Quantity.In(element, catalog.Hash, any: false)) to.Quantities.Add((p, first, u, lo, hi));
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
