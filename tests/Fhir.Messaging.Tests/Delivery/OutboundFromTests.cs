using System.Text;
using Fhir.Messaging.Delivery;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;

namespace Fhir.Messaging.Tests.DeliveryTests;

public sealed class OutboundFromTests
{
    private const string Bsn = """{"system":"http://fhir.nl/fhir/NamingSystem/bsn","value":"999990019"}""";
    private const string Mr = """{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"MR"}]},"system":"http://hospital.example","value":"mr-1"}""";
    private const string Pi = """{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"PI"}]},"system":"http://de-linde.example","value":"DL1","assigner":{"reference":"Organization/de-linde","display":"De Linde"}}""";
    private const string Ssn = """{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"SS"}]},"system":"http://hl7.org/fhir/sid/us-ssn","value":"999-99-5015"}""";
    private const string OldBsn = """{"use":"old","system":"http://fhir.nl/fhir/NamingSystem/bsn","value":"123456782"}""";

    [Theory]
    [InlineData(Bsn, "de-linde", true, "999990019 NNNLD")]
    [InlineData(Bsn, "rijnmond", false, "999990019 NNNLD")]
    [InlineData(Bsn, "arbodienst-oost", false, null)]
    [InlineData(Mr, "de-linde", true, "mr-1 MR")]
    [InlineData(Mr, "rijnmond", false, null)]
    [InlineData(Pi, "de-linde", false, "DL1 PI")]
    [InlineData(Pi, "rijnmond", false, null)]
    [InlineData(Ssn, "de-linde", true, null)]
    [InlineData(OldBsn, "de-linde", true, null)]
    [InlineData($"{Ssn},{Bsn},{Pi}", "de-linde", true, "999990019 NNNLD, DL1 PI")]
    public void A_receiver_gets_only_the_identifiers_that_it_may_and_does_know(string identifiers, string receiver, bool isHome, string? expected)
    {
        var kind = receiver == "arbodienst-oost" ? $$""","type":[{"coding":[{"system":"{{ClinicUrls.OrganizationKind}}","code":"occupational-health"}]}]""" : "";
        var failed = OutboundFrom.Patient(
            Read($$"""{"resourceType":"Patient","identifier":[{{identifiers}}],"name":[{"family":"Dijk"}]}"""),
            Read($$"""{"resourceType":"Organization","id":"{{receiver}}","name":"R"{{kind}}}"""), isHome).Failed(out _, out var patient);
        Assert.Equal(expected, failed ? null : string.Join(", ", patient!.Identifiers.Select(i => $"{i.Value} {i.Type}")));
    }

    [Fact]
    public void A_dutch_name_comes_apart_and_the_official_one_is_taken()
    {
        var patient = Read(
            $$"""
            {"resourceType":"Patient","identifier":[{{Bsn}}],"birthDate":"1975-03","gender":"female","name":[{"use":"maiden","family":"Oud"},{"use":"official","family":"van der Dijk",
             "_family":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/humanname-own-prefix","valueString":"van der"},{"url":"http://hl7.org/fhir/StructureDefinition/humanname-own-name","valueString":"Dijk"}]},"given":["Marieke","A."]}]}
            """);
        Assert.False(OutboundFrom.Patient(patient, Read("""{"resourceType":"Organization","id":"x"}"""), false).Failed(out _, out var person));
        Assert.Equal(("Dijk", "van der", "1975-03", "female"), (person!.Family, person.FamilyPrefix, person.BirthDate, person.Gender));
        Assert.Equal(["Marieke", "A."], person.Given);
    }

    [Fact]
    public void A_message_id_is_short_and_belongs_to_document_and_destination()
    {
        var id = DeliveryQueue.MessageId(7, new("Endpoint", "de-linde"));
        Assert.Equal(20, id.Length);
        Assert.Equal(id, DeliveryQueue.MessageId(7, new("Endpoint", "de-linde")));
        Assert.NotEqual(id, DeliveryQueue.MessageId(8, new("Endpoint", "de-linde")));
        Assert.NotEqual(id, DeliveryQueue.MessageId(7, new("Endpoint", "rijnmond")));
    }

    private static Element Read(string json)
    {
        Assert.False(JsonReader.Read(Encoding.UTF8.GetBytes(json), DefinitionSet.R4).Failed(out var issue, out var element), issue?.Text);
        return element!;
    }
}
