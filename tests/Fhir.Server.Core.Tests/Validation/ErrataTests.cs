using static Fhir.Server.Core.Tests.Validation.Profiling;

namespace Fhir.Server.Core.Tests.Validation;

/// <summary>R4's own invariants that are wrong as written: what they mean holds, and only that.</summary>
public sealed class ErrataTests
{
    private const string Appointment = "\"participant\":[{\"status\":\"accepted\",\"actor\":{\"display\":\"a\"}}],\"start\":\"2020-01-01T00:00:00Z\",\"end\":\"2020-01-01T01:00:00Z\"";

    [Theory]
    [InlineData("""{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Patient"} }]}""", "")]
    [InlineData("""{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"http://a.org/fhir/Patient/1/_history/2","resource":{"resourceType":"Patient","id":"1"} }]}""", "Bundle.entry[0] bdl-8")]
    public void Bdl8_asks_nothing_of_an_entry_without_address(string json, string expected) => Judge(json, expected);

    [Theory]
    [InlineData("\"when\":[\"PCM\",\"PCV\"],\"offset\":30", "")]
    [InlineData("\"when\":[\"PCM\",\"C\"],\"offset\":30", "tim-9")]
    [InlineData("\"offset\":30", "tim-9")]
    public void Tim9_takes_several_times_of_day(string repeat, string expected) =>
        Judge($$"""{"resourceType":"ServiceRequest","status":"draft","intent":"plan","subject":{"display":"a"},"occurrenceTiming":{"repeat":{ {{repeat}} } } }""",
            expected.Length == 0 ? "" : $"ServiceRequest.occurrence.repeat {expected}");

    [Theory]
    [InlineData("noshow", "")]
    [InlineData("cancelled", "")]
    [InlineData("booked", "Appointment app-4")]
    public void App4_knows_the_code_noshow(string status, string expected) =>
        Judge($$"""{"resourceType":"Appointment","status":"{{status}}","cancelationReason":{"text":"a"},{{Appointment}} }""", expected);

    [Theory]
    [InlineData("", "")]
    [InlineData(",\"probabilityDecimal\":100", "")]
    [InlineData(",\"probabilityDecimal\":100.5", "RiskAssessment.prediction[0] ras-2")]
    public void Ras2_asks_nothing_where_there_is_no_probability(string probability, string expected) =>
        Judge($$"""{"resourceType":"RiskAssessment","status":"final","subject":{"display":"a"},"prediction":[{"rationale":"r"{{probability}} }]}""", expected);

    [Theory]
    [InlineData(1, "")]
    [InlineData(2, "Questionnaire.item[0] que-12")]
    public void Que12_counts_from_two(int count, string expected)
    {
        var when = string.Join(",", Enumerable.Repeat("""{"question":"x","operator":"exists","answerBoolean":true}""", count));
        Judge($$"""{"resourceType":"Questionnaire","status":"draft","item":[{"linkId":"1","type":"display","enableWhen":[{{when}}]}]}""", expected);
    }

    [Theory]
    [InlineData("collection", "", "")]
    [InlineData("collection", ",\"request\":{\"method\":\"GET\",\"url\":\"Patient\"}", "Bundle bdl-3")]
    [InlineData("batch", ",\"request\":{\"method\":\"GET\",\"url\":\"Patient\"}", "")]
    [InlineData("batch", "", "Bundle bdl-3")]
    [InlineData("batch-response", ",\"response\":{\"status\":\"200\"}", "")]
    [InlineData("batch-response", "", "Bundle bdl-4")]
    [InlineData("collection", ",\"response\":{\"status\":\"200\"}", "Bundle bdl-4")]
    public void Bdl3_and_bdl4_are_as_written(string type, string more, string expected) =>
        Judge($$"""{"resourceType":"Bundle","type":"{{type}}","entry":[{"resource":{"resourceType":"Patient"}{{more}} }]}""", expected);

    private static void Judge(string json, string expected) => Assert.Equal(expected, string.Join(";", BaseErrors(json)));
}
