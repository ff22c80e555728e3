using Fhir.Server.Core.Elements;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Search.Types;

/// <summary>:text — https://hl7.org/fhir/R4/search.html#modifiers: the words that stand beside a code or a reference. Their rows stand in ix_str under the parameter's own number.</summary>
internal static class CodeText
{
    public static void Index(Element element, int p, IndexEntries to, KeyedHash hash)
    {
        foreach (var text in In(element)) StringText.IndexWhole(text, p, to, hash);
    }

    private static IEnumerable<string> In(Element element) => element.Type switch
    {
        "CodeableConcept" => element.Each("coding").SelectMany(In).Concat(TextOf(element["text"])),
        "Coding" or "Reference" => TextOf(element["display"]),
        "Identifier" => TextOf(element["type"]["text"]),
        _ => [],
    };

    private static IEnumerable<string> TextOf(Element element) => element.Text is { Length: > 0 } text ? [text] : [];
}

/// <summary>Searched words of a code or a reference.</summary>
internal sealed record CodeTextValue(StringValue Words) : SearchValue("ix_str")
{
    // The rows of patient are those of subject: what is no Patient has words too.
    public override Sql Where(SearchParameter parameter, Lookup lookup)
    {
        var words = Words.Where(parameter, lookup);
        if (parameter.KeepsRows || parameter.Definition.Type != Core.Definitions.SearchParameterType.Reference) return words;
        var types = Sql.In("x.typ", [.. parameter.Targets.Select(t => (long)AccessTable.Number(t))]);
        return Sql.Of($"{words} and exists (select 1 from ix_ref l join res x on x.rid = l.t where l.rid = i.rid and l.p = i.p and {types})");
    }
}
