using System.Text;
using Fhir.Messaging.Documents;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Validation;

namespace Fhir.Messaging.Tests.Documents;

public sealed class SummaryTests
{
    private static readonly Summary Example = new()
    {
        Thread = new("Communication", "t1"), Topic = "Aangepast werk", Sections = [new("Vraag", "Mag zij\nwerken <&>?")], Date = new(2026, 11, 22, 9, 0, 0, TimeSpan.Zero), Number = "S1",
        Patient = Read("""{"resourceType":"Patient","id":"p1","identifier":[{"system":"http://fhir.nl/fhir/NamingSystem/bsn","value":"999990019"}],"name":[{"family":"Dijk"}],"telecom":[{"value":"06"}],"gender":"female","birthDate":"1975-03-18"}"""),
        Role = Read("""{"resourceType":"PractitionerRole","id":"dr.jansen"}"""), Practitioner = Read("""{"resourceType":"Practitioner","id":"dr.jansen","name":[{"family":"Jansen","given":["J."]}]}"""),
        Organization = Read("""{"resourceType":"Organization","id":"de-linde","name":"De Linde"}"""), Others = ["A. de Vries, Arbodienst Oost"], Ids = new("c", "b", "x", "d"),
    };

    [Fact]
    public void Of_the_patient_it_tells_name_birth_date_and_sex_only()
    {
        var pdf = SummaryPdf.Text(Example);
        var told = string.Join('|', pdf.Facts.Select(f => f.Value).Append(pdf.Footer).Append(pdf.Title)) + SummaryJson.Bundle(Example).ToJsonString();
        Assert.Contains("Dijk", told, StringComparison.Ordinal);
        Assert.Contains("18-03-1975", told, StringComparison.Ordinal);
        Assert.DoesNotContain("999990019", told, StringComparison.Ordinal);
        Assert.DoesNotContain("\"06\"", told, StringComparison.Ordinal);
    }

    [Fact]
    public void Its_words_come_back_from_the_document_as_they_were() =>
        Assert.Equal("Vraag\nMag zij\nwerken <&>?", SummaryText.Of(Read(SummaryJson.Bundle(Example).ToJsonString())));

    [Fact]
    public void Its_resources_are_what_the_structure_check_asks()
    {
        foreach (var json in (System.Text.Json.Nodes.JsonObject[])[SummaryJson.Composition(Example), SummaryJson.Bundle(Example), SummaryJson.DocumentReference(Example, "%PDF"u8, "AAAA", "{}"u8)])
            Assert.Empty(StructureCheck.Check(Read(json.ToJsonString())).Select(i => $"{i.Where} {i.Text}"));
    }

    private static Element Read(string json)
    {
        Assert.False(JsonReader.Read(Encoding.UTF8.GetBytes(json), DefinitionSet.R4).Failed(out var issue, out var element), issue?.Text);
        return element!;
    }
}
