// https://hl7.org/fhir/R4/valueset-operation-expand.html
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Terminology.Systems;
using Fhir.Server.Core.Terminology.ValueSets;
using Fhir.Server.Core.Terminology.Wordings;

namespace Fhir.Server.Core.Terminology.Expanding;

/// <summary>Lists the codes of a value set: all, those that fit a filter, or a page of them.</summary>
internal sealed class Expand(Vocabulary vocabulary, Question question, Element source)
{
    // How many codes are listed unasked, and how many in one page.
    private const int Most = 1_000;
    private const int LargestPage = 10_000;

    private const int LongestFilter = 1_000;

    private readonly VersionRules _rules = VersionRules.Of(question);

    public Result<Element> Run()
    {
        if (vocabulary.Supplements(question, source).Failed(out var issue, out var supplements)) return issue;
        if (vocabulary.Compile(source, _rules, supplements).Failed(out issue, out var valueSet)) return issue;
        if (Languages.Of(question, source).Failed(out issue, out var languages)) return issue;
        var contents = new Contents(valueSet, _rules, new(vocabulary.Systems));
        if (contents.List().Failed(out issue, out var entries)) return issue;
        if (question.Text("filter")?.Length > LongestFilter) return Contents.TooCostly($"The filter has at most {LongestFilter} characters.");
        if (question.Number("count").Failed(out issue, out var count) || question.Number("offset").Failed(out issue, out var offset)) return issue;
        var chosen = entries.FindAll(e => Chosen(e, valueSet));
        if (count is null && chosen.Count - (offset ?? 0) > Most) return Contents.TooCostly($"The value set '{valueSet.Canonical}' expansion has too many codes to display (>{Most}); ask for pages of it, by count and offset");
        var isPaged = count is not null || offset is not null;
        var page = isPaged ? chosen.Skip(offset ?? 0).Take(Math.Min(count ?? Most, LargestPage)).ToList() : question.Flag("excludeNested") == true ? chosen : Hierarchy.Of(chosen);
        var writer = new ExpansionWriter(question, valueSet, _rules, languages, contents.ShowsVersions);
        return writer.Write(page, chosen.Count, isPaged ? offset ?? 0 : null);
    }

    private bool Chosen(Entry entry, ValueSetContent valueSet)
    {
        if (question.Flag("activeOnly") == true && entry.IsInactive) return false;
        if (question.Flag("excludeNotForUI") == true && entry.Concept?.IsAbstract == true) return false;
        if (question.Texts("exclude-system").Any(s => s.Split('|')[0] == entry.System)) return false;
        return question.Text("filter") is not { Length: > 0 } filter || Fits(entry, filter, valueSet);
    }

    // All words of the filter, in the code or in one of its wordings.
    private static bool Fits(Entry entry, string filter, ValueSetContent valueSet)
    {
        var words = filter.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        var texts = Wording.Of(entry.Concept, entry.Content, entry.Listed, valueSet.Source["language"].Text).Select(w => w.Text).Append(entry.Code);
        return texts.Any(text => words.All(word => text.Contains(word, StringComparison.OrdinalIgnoreCase)));
    }
}
