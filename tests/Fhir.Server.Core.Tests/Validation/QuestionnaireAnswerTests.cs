using Fhir.Server.Core.Tests.Json;
using static Fhir.Server.Core.Tests.Validation.Profiling;

namespace Fhir.Server.Core.Tests.Validation;

/// <summary>https://hl7.org/fhir/R4/questionnaireresponse.html — answers agree with their questions.</summary>
public sealed class QuestionnaireAnswerTests
{
    private const string Questionnaire = """
        {"resourceType":"Questionnaire","url":"http://example.org/q","status":"active","item":[
          {"linkId":"smoker","type":"boolean","required":true},
          {"linkId":"packs","type":"integer","required":true,"enableWhen":[{"question":"smoker","operator":"=","answerBoolean":true}]},
          {"linkId":"colours","type":"choice","repeats":true,"answerOption":[{"valueCoding":{"system":"urn:c","code":"red"}},{"valueCoding":{"system":"urn:c","code":"blue"}}]},
          {"linkId":"group","type":"group","item":[{"linkId":"name","type":"string","maxLength":3}]}]}
        """;

    [Theory]
    [InlineData("""{"linkId":"smoker","answer":[{"valueBoolean":false}]}""", "")]
    [InlineData("""{"linkId":"smoker","answer":[{"valueBoolean":true}]},{"linkId":"packs","answer":[{"valueInteger":1}]}""", "")]
    [InlineData("""{"linkId":"smoker","answer":[{"valueBoolean":true}]}""", "QuestionnaireResponse.item required")]
    [InlineData("""{"linkId":"smoker","answer":[{"valueBoolean":false}]},{"linkId":"packs","answer":[{"valueInteger":1}]}""", "QuestionnaireResponse.item[1] structure")]
    [InlineData("""{"linkId":"smoker","answer":[{"valueString":"no"}]}""", "QuestionnaireResponse.item[0].answer[0].value structure")]
    [InlineData("""{"linkId":"smoker","answer":[{"valueBoolean":false},{"valueBoolean":false}]}""", "QuestionnaireResponse.item[0].answer[1] structure")]
    [InlineData("""{"linkId":"smoker","answer":[{"valueBoolean":false}]},{"linkId":"other","answer":[{"valueBoolean":false}]}""", "QuestionnaireResponse.item[1] structure")]
    [InlineData("""{"linkId":"smoker","answer":[{"valueBoolean":false}]},{"linkId":"colours","answer":[{"valueCoding":{"system":"urn:c","code":"red"}},{"valueCoding":{"system":"urn:c","code":"blue"}}]}""", "")]
    [InlineData("""{"linkId":"smoker","answer":[{"valueBoolean":false}]},{"linkId":"colours","answer":[{"valueCoding":{"system":"urn:c","code":"green"}}]}""", "QuestionnaireResponse.item[1].answer[0].value code-invalid")]
    [InlineData("""{"linkId":"smoker","answer":[{"valueBoolean":false}]},{"linkId":"group","item":[{"linkId":"name","answer":[{"valueString":"abcd"}]}]}""", "QuestionnaireResponse.item[1].item[0].answer[0].value value")]
    [InlineData("""{"linkId":"group","item":[{"linkId":"name","answer":[{"valueString":"abc"}]}]},{"linkId":"smoker","answer":[{"valueBoolean":false}]}""", "QuestionnaireResponse.item[1] structure")]
    public void An_answered_questionnaire(string items, string expected) => Judge("completed", items, expected);

    [Fact]
    public void What_is_in_progress_may_lack_answers() => Judge("in-progress", """{"linkId":"colours"}""", "");

    private static void Judge(string status, string items, string expected) => Assert.Equal(expected, string.Join(";", BaseErrors(
        $$"""{"resourceType":"QuestionnaireResponse","questionnaire":"http://example.org/q","status":"{{status}}","item":[{{items}}]}""", Reading.Read(Questionnaire))));
}
