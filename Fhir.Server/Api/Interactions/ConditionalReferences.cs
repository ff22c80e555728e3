using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Search;

namespace Fhir.Server.Api.Interactions;

/// <summary>
/// References such as <c>Patient?identifier=system|value</c> in a transaction — https://hl7.org/fhir/R4/http.html#trules. What each
/// means, the commit finds out: exactly one resource that the caller sees, there before or brought by the same Bundle.
/// </summary>
public static class ConditionalReferences
{
    private static readonly Dictionary<string, SearchQuery> None = [];

    /// <summary>Those of a resource with their criteria.</summary>
    public static Result<IReadOnlyDictionary<string, SearchQuery>> In(Element resource)
    {
        var found = new List<Element>();
        Collect(resource, found);
        if (found.Count == 0) return None;
        var all = new Dictionary<string, SearchQuery>(StringComparer.Ordinal);
        foreach (var element in found)
        {
            var (text, mark) = (element.Text!, element.Text!.IndexOf('?', StringComparison.Ordinal));
            if (all.ContainsKey(text)) continue;
            if (Criteria.Parse(text[..mark], text[(mark + 1)..]).Failed(out var issue, out var criteria)) return issue with { Where = element.Location };
            all[text] = criteria;
        }
        return all;
    }

    private static void Collect(Element element, List<Element> found)
    {
        if (element is { Name: "reference", Parent.Type: "Reference", Text: { } text } && IsConditional(text)) found.Add(element);
        foreach (var child in element.Children) Collect(child, found);
    }

    private static bool IsConditional(string reference) =>
        reference.IndexOf('?', StringComparison.Ordinal) is var mark and > 0 && DefinitionSet.R4.IsResource(reference[..mark]);
}
