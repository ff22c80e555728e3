using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Validation.Rules;

namespace Fhir.Server.Core.Validation.Resources;

/// <summary>A QuestionnaireResponse answers its Questionnaire — https://hl7.org/fhir/R4/questionnaireresponse.html#notes</summary>
internal sealed class QuestionnaireAnswers : Rule
{
    public override void Check(Element element, Judging judging)
    {
        if (element["questionnaire"] is not { Text: { } canonical } named) return;
        if (Find(named, canonical, judging) is { } questionnaire) new AnswerWalk(element, judging).Items(element, questionnaire);
        else judging.Add(named, "not-found", "The Questionnaire is not loaded, so the answers are not judged by it.", Severity.Information);
    }

    private static Element? Find(Element named, string canonical, Judging judging) =>
        canonical is ['#', ..] ? judging.Targets.Find(named, out _) : judging.Schemas.Conformance.Find("Questionnaire", canonical);
}
