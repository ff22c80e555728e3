using System.Text.RegularExpressions;
using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.Validation.Rules;

/// <summary>The language sections that a narrative must or must not have — https://hl7.org/fhir/R4/languages.html, as the extension narrative-language-control asks</summary>
internal sealed partial class NarrativeLanguages(string[] wanted) : Rule
{
    public override void Check(Element element, Judging judging)
    {
        if (element["div"] is not { Text: { } div } where) return;
        var sections = Sections().Matches(div, 4).Select(match => match.Groups["language"].Value).ToList();
        foreach (var code in wanted)
            if (Wrong(code, sections, element) is { } wrong) judging.Add(where, "structure", wrong);
    }

    private static string? Wrong(string code, List<string> sections, Element narrative) => code switch
    {
        "_no" => sections.Count == 0 ? null : "The narrative must have no language sections.",
        "_yes" => sections.Count > 0 ? null : "The narrative must have language sections.",
        "_resource" => sections.Contains(narrative.Parent?["language"].Text ?? "") ? null : "The narrative must have a section in the language of the resource.",
        _ => sections.Contains(code) ? null : $"The narrative must have a section in {code}.",
    };

    // A div inside the narrative's own.
    [GeneratedRegex("""<div\b[^>]*?\s(?:xml:)?lang=["'](?<language>[^"']*)["']""", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Sections();
}
