using System.Globalization;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Terminology;
using Fhir.Server.Core.Validation.Rules;

namespace Fhir.Server.Core.Validation.Resources;

/// <summary>Whether an answer is of the kind that its question takes — https://hl7.org/fhir/R4/valueset-item-type.html</summary>
internal static class AnswerRules
{
    public static void Check(Element answer, Element question, Judging judging)
    {
        if (answer["value"] is not { Exists: true } value) return;
        var type = question["type"].Text ?? "";
        if (!Takes(type, value.Type)) judging.Add(value, "structure", $"An item of type {type} does not take a {value.Type}.");
        else if (int.TryParse(question["maxLength"].Text, NumberStyles.None, CultureInfo.InvariantCulture, out var most) && value.Text?.Length > most)
            judging.Add(value, "value", $"The answer is longer than {most} characters.");
        else if (type is not "open-choice" || value.Type == "Coding") Options(value, question, judging);
    }

    private static bool Takes(string question, string answer) => question switch
    {
        "text" or "string" => answer == "string",
        "url" => answer == "uri",
        "choice" => answer is "Coding" or "string" or "integer" or "date" or "time" or "Reference",
        "open-choice" => answer is "Coding" or "string" or "integer" or "date" or "time" or "Reference",
        "attachment" => answer == "Attachment",
        "reference" => answer == "Reference",
        "quantity" => answer == "Quantity",
        "boolean" or "decimal" or "integer" or "date" or "dateTime" or "time" => answer == question,
        _ => true,
    };

    private static void Options(Element value, Element question, Judging judging)
    {
        if (question["answerOption"].Exists)
        {
            if (question.Each("answerOption").Any(option => IsSame(option["value"], value))) return;
            judging.Add(value, "code-invalid", "The answer is none of the options.");
        }
        else if (question["answerValueSet"].Text is { } valueSet && value.Type == "Coding") InValueSet(value, valueSet, judging);
    }

    private static void InValueSet(Element value, string valueSet, Judging judging)
    {
        if (valueSet is ['#', ..]) return;
        var membership = Codes.In(value, valueSet, judging.Schemas.Vocabulary);
        if (membership == Membership.Out) judging.Add(value, "code-invalid", $"The answer is none of {valueSet}.");
        else if (membership == Membership.Unknown) judging.Add(value, "not-found", $"Whether the answer is one of {valueSet} cannot be told here.", Severity.Warning);
    }

    /// <summary>Codings by system and code, all else by all it has.</summary>
    public static bool IsSame(Element one, Element other) => one.Type == "Coding" && other.Type == "Coding"
        ? one["system"].Text == other["system"].Text && one["code"].Text == other["code"].Text
        : one.Type == other.Type && FixedValue.Same(one, other);
}
