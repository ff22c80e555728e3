// https://hl7.org/fhir/R4/codesystem.html#designations
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Terminology.Systems;

namespace Fhir.Server.Core.Terminology.Wordings;

/// <summary>One way to say a concept: its display, or a designation. Source = the designation, or <see cref="Element.None"/> for a display.</summary>
public sealed record Wording(string? Language, string Text, Element Source)
{
    private const string StandardsStatus = "http://hl7.org/fhir/StructureDefinition/structuredefinition-standards-status";

    public bool IsDisplay => !Source.Exists;

    /// <summary>Deprecated or withdrawn, or null while it may be used.</summary>
    public string? Retired => Source.Each("extension").FirstOrDefault(e => e["url"].Text == StandardsStatus)?["value"].Text is "deprecated" or "withdrawn" ? "deprecated" : null;

    /// <summary>The supplement that adds it, or null.</summary>
    public Element? Supplement { get; private init; }

    /// <summary>All of a concept: first what the value set says itself (listed = its <c>compose.include.concept</c>), then the code system, then supplements.</summary>
    public static List<Wording> Of(Concept? concept, CodeContent? content, Element? listed, string? valueSetLanguage = null)
    {
        var all = new List<Wording>();
        var language = content?.Language;
        if (listed?["display"].Text is { } own) all.Add(new(valueSetLanguage ?? language, own, Element.None));
        if (concept?.Display is { } display) all.Add(new(language, display, Element.None));
        if (listed is not null) all.AddRange(Designations(listed));
        if (concept is null) return all;
        all.AddRange(Designations(concept.Source));
        foreach (var addition in concept.Additions) all.AddRange(Designations(addition).Select(d => d with { Supplement = Root(addition) }));
        return all;
    }

    /// <summary>The one to show: in the dearest language that there is, otherwise the display as it stands, unless another language is refused.</summary>
    public static Wording? Best(IReadOnlyList<Wording> all, Languages? wanted)
    {
        var native = all.FirstOrDefault(w => w.IsDisplay);
        if (wanted is null || native is { Language: null }) return native;
        var best = all.Where(w => wanted.Rank(w.Language) is not null).MinBy(w => wanted.Rank(w.Language));
        return best ?? (wanted.IsStrict ? null : native);
    }

    private static IEnumerable<Wording> Designations(Element concept) =>
        concept.Each("designation").Where(d => d["value"].Text is not null).Select(d => new Wording(d["language"].Text, d["value"].Text!, d));

    private static Element Root(Element element)
    {
        while (element.Parent is { } parent) element = parent;
        return element;
    }
}
