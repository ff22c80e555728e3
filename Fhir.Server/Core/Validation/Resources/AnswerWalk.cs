using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;

namespace Fhir.Server.Core.Validation.Resources;

/// <summary>One walk over questions and answers, side by side.</summary>
internal sealed class AnswerWalk(Element response, Judging judging)
{
    private readonly Enabling _enabling = new(response);
    // What is not finished, or was written in error, may lack answers.
    private readonly bool _mustBeComplete = response["status"].Text is "completed" or "amended";

    /// <summary>The items of a response, a group or an answer, by those of its question.</summary>
    public void Items(Element given, Element asked)
    {
        if (!judging.Deeper()) return;
        var questions = asked.Each("item").ToList();
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < questions.Count; i++) places.TryAdd(Link(questions[i]), i);
        var last = -1;
        foreach (var item in given.Each("item"))
        {
            if (!places.TryGetValue(Link(item), out var at))
            {
                judging.Add(item, "structure", "The Questionnaire has no such item here.");
                continue;
            }
            Item(item, questions[at]);
            if (at < last) judging.Add(item, "structure", "The items stand in another order than in the Questionnaire.");
            last = Math.Max(last, at);
        }
        var items = given.Each("item").ToLookup(Link, StringComparer.Ordinal);
        foreach (var question in questions) Counted(given, items[Link(question)].ToList(), question);
        judging.Up();
    }

    private static string Link(Element item) => item["linkId"].Text ?? "";

    private void Counted(Element given, List<Element> items, Element question)
    {
        if (items.Count > 1 && !(question["type"].Text == "group" && question["repeats"].Text == "true")) judging.Add(items[1], "structure", "The item stands there more often than once.");
        var isAnswered = items.Exists(i => i["answer"].Exists || i["item"].Exists);
        if (_mustBeComplete && question["required"].Text == "true" && !isAnswered && _enabling.IsEnabled(question, given))
            judging.Add(given, "required", "A required item has no answer.", below: ".item");
    }

    private void Item(Element item, Element question)
    {
        if ((item["answer"].Exists || item["item"].Exists) && !_enabling.IsEnabled(question, item.Parent!)) judging.Add(item, "structure", "The item is answered, and is not enabled.");
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
