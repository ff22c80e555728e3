using Fhir.Messaging.Delivery;

namespace Adapters.Tests.Hl7v2;

/// <summary>An invented summary to translate and to send.</summary>
internal static class Documents
{
    public static OutboundDocument Summary(string messageId = "SP0000000000000042") => new()
    {
        MessageId = messageId,
        CreatedAt = new DateTimeOffset(2026, 3, 2, 14, 5, 9, TimeSpan.FromHours(1)),
        Patient = new OutboundPatient
        {
            Identifiers =
            [
                new("urn:oid:1.2.3", "4711", "MR", "De Linde"),
                new("http://fhir.nl/fhir/NamingSystem/bsn", "999990019", "NNNLD"),
                new("https://his.example/patient", "P|7", "PI", "HIS"),
            ],
            Family = "van der Berg",
            FamilyPrefix = "van der",
            Given = ["Carla", "Anna", "Zoë"],
            BirthDate = "1978-05-14",
            Gender = "female",
        },
        Author = new OutboundClinician("Jansen", "J.", "01004567", "J. Jansen, huisarts"),
        SendingOrganization = "Arbodienst Oost",
        ReceivingOrganization = "Huisartsenpraktijk De Linde",
        DocumentNumber = "D-2026-000123",
        Title = "Samenvatting consult",
        Text = "Cliënte hersteld & werkt.\nAdvies: 2 × 4 uur | rust.",
        Pdf = "%PDF-1.7 invented"u8.ToArray(),
    };

    public static OutboundDocument With(this OutboundDocument document, params OutboundIdentifier[] identifiers) =>
        document with { Patient = document.Patient with { Identifiers = [.. identifiers] } };
}
