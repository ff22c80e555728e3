// https://hl7.org/fhir/R4/codesystem-operation-lookup.html
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Terminology.Wordings;

namespace Fhir.Server.Core.Terminology.Lookups;

/// <summary>Tells all that is known of a code, or the properties that were asked for.</summary>
internal sealed class Lookup(Vocabulary vocabulary, Question question)
{
    private readonly HashSet<string> _asked = [.. question.Texts("property")];

    public Result<Element> Run()
    {
        if (vocabulary.Supplements(question, Element.None).Failed(out var issue, out var supplements)) return issue;
        if (Languages.Of(question, Element.None).Failed(out issue, out var languages)) return issue;
        if (Subject.Find(vocabulary.Systems, question, "code", "coding", supplements).Failed(out issue, out var subject)) return issue;
        var (content, concept) = subject;
        var wordings = Wording.Of(concept, content, null);
        var answer = Answer.New();
        answer.Put("name", "valueString", content.Source["name"].Text ?? content.Url);
        answer.Put("version", "valueString", content.Version);
        answer.Put("display", "valueString", (Wording.Best(wordings, languages) ?? wordings.FirstOrDefault())?.Text ?? concept.Code);
        answer.Put("code", "valueCode", concept.Code);
        answer.Put("system", "valueUri", content.Url);
        answer.Put("abstract", "valueBoolean", concept.IsAbstract ? "true" : "false");
        if (Wants("definition")) answer.Put("definition", "valueString", concept.Source["definition"].Text);
        foreach (var supplement in content.Supplements) answer.Put("used-supplement", "valueCanonical", Canonical(supplement));
        foreach (var wording in wordings.Where(w => (!w.IsDisplay || w.Language is not null) && WantsWording(w))) Designation(answer, wording);
        Properties(answer, subject);
        return answer;
    }

    private bool Wants(string property) => _asked.Count == 0 || _asked.Contains(property) || _asked.Contains("*");

    private bool WantsWording(Wording wording) => Wants("designation") || (wording.Language is { } language && _asked.Contains($"lang.{language}"));

    private void Properties(Element answer, Subject subject)
    {
        var concept = subject.Concept;
        if (Wants("inactive")) Property(answer, "inactive", "valueBoolean", concept.IsInactive ? "true" : "false");
        foreach (var parent in concept.Parents.Where(_ => Wants("parent"))) Property(answer, "parent", "valueCode", parent.Code, parent.Display);
        foreach (var child in concept.Children.Where(_ => Wants("child"))) Property(answer, "child", "valueCode", child.Code, child.Display);
        foreach (var property in concept.Sources.SelectMany(s => s.Each("property")))
        {
            if (property["code"].Text is not { } code || code is "inactive" or "parent" or "child" || !Wants(code) || !property["value"].Exists) continue;
            var part = answer.Named("property");
            part.Put("code", "valueCode", code);
            part.Put("value", property["value"]);
        }
    }

    private static void Property(Element answer, string code, string type, string value, string? description = null)
    {
        var property = answer.Named("property");
        property.Put("code", "valueCode", code);
        property.Put("value", type, value);
        property.Put("description", "valueString", description);
    }

    private static void Designation(Element answer, Wording wording)
    {
        var designation = answer.Named("designation");
        designation.Put("language", "valueCode", wording.Language);
        if (wording.IsDisplay)
        {
            var use = designation.Named("use").Add("valueCoding");
            use.Add("system", "http://terminology.hl7.org/CodeSystem/hl7TermMaintInfra");
            use.Add("code", "preferredForLanguage");
        }
        else designation.Put("use", wording.Source["use"]);
        designation.Put("value", "valueString", wording.Text);
        designation.Put("source", "valueCanonical", wording.Supplement is { } supplement ? Canonical(supplement) : null);
    }

    private static string Canonical(Element definition) => $"{definition["url"].Text}|{definition["version"].Text}".TrimEnd('|');
}
