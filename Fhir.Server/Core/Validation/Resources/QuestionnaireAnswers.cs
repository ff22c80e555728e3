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

/// <summary>One walk over questions and answers, side by side.</summary>
internal sealed class AnswerWalk(Element response, Judging judging)
{
    // What is not finished, or was written in error, may lack answers.
    private readonly bool _mustBeComplete = response["status"].Text is "completed" or "amended";

    /// <summary>The items of a response, a group or an answer, by those of its question.</summary>
    public void Items(Element given, Element asked)
    {
        if (!judging.Deeper()) return;
        var questions = asked.Each("item").ToList();
        var last = -1;
        foreach (var item in given.Each("item"))
        {
            var at = questions.FindIndex(q => q["linkId"].Text == item["linkId"].Text);
            if (at < 0) judging.Add(item, "structure", "The Questionnaire has no such item here.");
            else Item(item, questions[at]);
            if (at >= 0 && at < last) judging.Add(item, "structure", "The items stand in another order than in the Questionnaire.");
            last = Math.Max(last, at);
        }
        foreach (var question in questions) Counted(given, question);
        judging.Up();
    }

    private void Counted(Element given, Element question)
    {
        var items = given.Each("item").Where(i => i["linkId"].Text == question["linkId"].Text).ToList();
        if (items.Count > 1 && !(question["type"].Text == "group" && question["repeats"].Text == "true")) judging.Add(items[1], "structure", "The item stands there more often than once.");
        var isAnswered = items.Exists(i => i["answer"].Exists || i["item"].Exists);
        if (_mustBeComplete && question["required"].Text == "true" && !isAnswered && Enabling.IsEnabled(question, given, response))
            judging.Add(given, "required", "A required item has no answer.", below: ".item");
    }

    private void Item(Element item, Element question)
    {
        if ((item["answer"].Exists || item["item"].Exists) && !Enabling.IsEnabled(question, item.Parent!, response)) judging.Add(item, "structure", "The item is answered, and is not enabled.");
        var type = question["type"].Text;
        var answers = item.Each("answer").ToList();
        if (type is "group" or "display" && answers.Count > 0) judging.Add(answers[0], "structure", $"An item of type {type} has no answer.");
        if (answers.Count > 1 && question["repeats"].Text != "true") judging.Add(answers[1], "structure", "The item takes one answer.");
        foreach (var answer in answers)
        {
            AnswerRules.Check(answer, question, judging);
            Items(answer, question);
        }
        if (type == "group") Items(item, question);
        else if (item["item"] is { Exists: true } nested) judging.Add(nested, "structure", "The items below a question stand in its answer.");
    }
}
