using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath.Values;

namespace Fhir.Server.Core.Validation.Resources;

/// <summary>Whether a question is put, given the answers — https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.enableWhen</summary>
internal static class Enabling
{
    /// <param name="place">The response, group or answer that the item stands in, or would.</param>
    public static bool IsEnabled(Element question, Element place, Element response)
    {
        if (!question["enableWhen"].Exists) return true;
        return question["enableBehavior"].Text == "any"
            ? question.Each("enableWhen").Any(when => Holds(when, place, response))
            : question.Each("enableWhen").All(when => Holds(when, place, response));
    }

    private static bool Holds(Element when, Element place, Element response)
    {
        var answers = Answers(when["question"].Text, place, response);
        var wanted = when["answer"];
        return when["operator"].Text switch
        {
            "exists" => (answers.Count > 0) == (wanted.Text == "true"),
            "=" => answers.Exists(a => AnswerRules.IsSame(wanted, a)),
            "!=" => answers.Exists(a => !AnswerRules.IsSame(wanted, a)),
            ">" => answers.Exists(a => Order(a, wanted) > 0),
            "<" => answers.Exists(a => Order(a, wanted) < 0),
            ">=" => answers.Exists(a => Order(a, wanted) >= 0),
            "<=" => answers.Exists(a => Order(a, wanted) <= 0),
            _ => true,
        };
    }

    private static int? Order(Element one, Element other) => Equality.Order(one, other, out var comparable) is { } order && comparable ? order : null;

    // The nearest one: in the place itself, then in what is around it.
    private static List<Element> Answers(string? linkId, Element place, Element response)
    {
        for (var at = place; ; at = at.Parent)
        {
            var found = Below(at, linkId).SelectMany(item => item.Each("answer")).Select(answer => answer["value"]).Where(v => v.Exists).ToList();
            if (found.Count > 0 || ReferenceEquals(at, response) || at.Parent is null) return found;
        }
    }

    private static IEnumerable<Element> Below(Element place, string? linkId) =>
        place.Children.Where(c => c.Name is "item" or "answer").SelectMany(c => (c["linkId"].Text == linkId && linkId is not null ? [c] : Enumerable.Empty<Element>()).Concat(Below(c, linkId)));
}
