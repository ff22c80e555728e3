using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath.Values;

namespace Fhir.Server.Core.Validation.Resources;

/// <summary>Whether a question is put, given the answers — https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.enableWhen</summary>
internal sealed class Enabling
{
    private readonly Dictionary<string, List<Element>> _items = new(StringComparer.Ordinal);

    public Enabling(Element response) => Collect(response);

    private void Collect(Element holder)
    {
        foreach (var child in holder.Children)
        {
            if (child.Name is not ("item" or "answer")) continue;
            if (child["linkId"].Text is { } link)
            {
                if (!_items.TryGetValue(link, out var items)) _items.Add(link, items = []);
                items.Add(child);
            }
            Collect(child);
        }
    }

    /// <param name="place">The response, group or answer that the item stands in, or would.</param>
    public bool IsEnabled(Element question, Element place)
    {
        if (!question["enableWhen"].Exists) return true;
        return question["enableBehavior"].Text == "any"
            ? question.Each("enableWhen").Any(when => Holds(when, place))
            : question.Each("enableWhen").All(when => Holds(when, place));
    }

    private bool Holds(Element when, Element place)
    {
        var answers = Answers(when["question"].Text ?? "", place);
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

    // Of several items with that link the nearest: in the place itself, then in what is around it.
    private List<Element> Answers(string linkId, Element place)
    {
        if (!_items.TryGetValue(linkId, out var items)) return [];
        for (var around = place; around is not null; around = around.Parent)
        {
            var found = items.Where(item => IsIn(item, around)).SelectMany(item => item.Each("answer")).Select(answer => answer["value"]).Where(v => v.Exists).ToList();
            if (found.Count > 0) return found;
        }
        return [];
    }

    private static bool IsIn(Element item, Element holder)
    {
        for (var at = item; at is not null; at = at.Parent)
            if (ReferenceEquals(at, holder)) return true;
        return false;
    }
}
