using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Validation.Rules;

namespace Fhir.Server.Core.Validation.Resources;

/// <summary>A report has the groups and populations of its Measure — https://hl7.org/fhir/R4/measurereport.html</summary>
internal sealed class MeasureGroups : Rule
{
    public override void Check(Element element, Judging judging)
    {
        var type = element["type"].Text;
        foreach (var population in element.Each("group").SelectMany(g => g.Each("population")))
            if (type is not ("subject-list" or null) && population["subjectResults"] is { Exists: true } subjects) judging.Add(subjects, "structure", "Only a report of type subject-list lists its subjects.");
        if (element["measure"].Text is not { } canonical || type == "data-collection") return;
        if (judging.Schemas.Conformance.Find("Measure", canonical) is { } measure) Groups(element, measure, judging);
        else judging.Add(element["measure"], "not-found", $"The Measure {canonical} is not loaded, so the report is not judged by it.", Severity.Information);
    }

    private static void Groups(Element report, Element measure, Judging judging)
    {
        var defined = measure.Each("group").ToList();
        var scoring = measure["scoring"]["coding"]["code"].Text;
        foreach (var group in report.Each("group"))
        {
            var definition = defined.Count == 1 ? defined[0] : defined.Find(other => IsSame(other["code"], group["code"]));
            if (definition is null) judging.Add(group, "not-found", "The Measure has no such group.");
            else Populations(group, definition, judging);
            if (scoring == "cohort" && group["measureScore"] is { Exists: true } score) judging.Add(score, "structure", "A cohort has no score.");
        }
    }

    private static void Populations(Element group, Element definition, Judging judging)
    {
        foreach (var population in group.Each("population"))
            if (!definition.Each("population").Any(other => IsSame(other["code"], population["code"]))) judging.Add(population, "not-found", "The group of the Measure has no such population.");
    }

    // By a coding that both have; without codings by the text.
    private static bool IsSame(Element one, Element other)
    {
        if (!one["coding"].Exists || !other["coding"].Exists) return one["text"].Text == other["text"].Text;
        return one.Each("coding").Any(a => other.Each("coding").Any(b => a["system"].Text == b["system"].Text && a["code"].Text == b["code"].Text));
    }
}
