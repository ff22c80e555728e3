// https://hl7.org/fhir/R4/codesystem.html
using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.Terminology.Systems;

/// <summary>The concepts of a CodeSystem resource, found by code, with the hierarchy that nesting and the properties parent and child tell.</summary>
internal sealed class TableContent : CodeContent
{
    private const string KnownProperties = "http://hl7.org/fhir/concept-properties#";

    private readonly Dictionary<string, Concept> _byCode = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Concept>? _anyCase;
    private readonly List<Concept> _all = [];
    private readonly Dictionary<string, List<string>> _byMeaning;

    public TableContent(Element source, IReadOnlyList<Element> supplements) : base(source["url"].Text!, source["version"].Text)
    {
        (Source, Supplements, Language) = (source, supplements, source["language"].Text);
        IsComplete = source["content"].Text == "complete";
        IsCaseSensitive = source["caseSensitive"].Text == "true";
        _byMeaning = Meanings(source);
        foreach (var concept in source.Each("concept")) Read(concept, parent: null, depth: 0);
        foreach (var concept in _all) Link(concept);
        foreach (var supplement in supplements) foreach (var addition in Flat(supplement)) _byCode.GetValueOrDefault(addition["code"].Text ?? "")?.Supplement(addition);
        if (IsCaseSensitive) return;
        _anyCase = new(_all.Count, StringComparer.OrdinalIgnoreCase);
        foreach (var concept in _all) _anyCase.TryAdd(concept.Code, concept);
    }

    public override Element Source { get; }
    public override IReadOnlyList<Element> Supplements { get; }
    public override string? Language { get; }
    public override bool IsComplete { get; }
    // Where it is not said, codes are accepted in any case: https://hl7.org/fhir/R4/codesystem-definitions.html#CodeSystem.caseSensitive
    public override bool IsCaseSensitive { get; }
    public override IReadOnlyList<Concept> All => _all;

    public override Concept? Find(string code) => _byCode.GetValueOrDefault(code) ?? _anyCase?.GetValueOrDefault(code);

    private void Read(Element source, Concept? parent, int depth)
    {
        if (depth > 60 || source["code"].Text is not { } code) return;
        var concept = new Concept(code, source["display"].Text, source);
        Judge(concept);
        if (_byCode.TryAdd(code, concept)) _all.Add(concept);
        parent?.Put(_byCode[code]);
        foreach (var child in source.Each("concept")) Read(child, _byCode[code], depth + 1);
    }

    private static IEnumerable<Element> Flat(Element from) => from.Each("concept").SelectMany(c => Flat(c).Prepend(c));

    // https://hl7.org/fhir/R4/codesystem-concept-properties.html
    private void Judge(Concept concept)
    {
        concept.Status = Of(concept, "status").FirstOrDefault();
        concept.IsInactive = Of(concept, "inactive").Contains("true") || (concept.Status is "retired" or "inactive" or "withdrawn" && !Of(concept, "inactive").Contains("false"));
        concept.IsAbstract = Of(concept, "notSelectable").Concat(Of(concept, "abstract")).Contains("true");
    }

    private void Link(Concept concept)
    {
        foreach (var code in Of(concept, "parent").Concat(Of(concept, "subsumedBy"))) _byCode.GetValueOrDefault(code)?.Put(concept);
        foreach (var code in Of(concept, "child")) if (_byCode.GetValueOrDefault(code) is { } child) concept.Put(child);
    }

    private IEnumerable<string> Of(Concept concept, string meaning) =>
        _byMeaning.TryGetValue(meaning, out var codes)
            ? codes.SelectMany(concept.Values).Select(v => v["code"].Text ?? v.Text).OfType<string>()
            : concept.Values(meaning).Select(v => v.Text).OfType<string>();

    // A property means what its uri says, whatever its code is; one that is not declared is taken by its code.
    private static Dictionary<string, List<string>> Meanings(Element source)
    {
        var found = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var property in source.Each("property"))
        {
            if (property["code"].Text is not { } code) continue;
            var uri = property["uri"].Text;
            var meaning = uri?.StartsWith(KnownProperties, StringComparison.Ordinal) == true ? uri[KnownProperties.Length..] : code;
            if (!found.TryGetValue(meaning, out var codes)) found.Add(meaning, codes = []);
            codes.Add(code);
        }
        return found;
    }
}
