using System.Globalization;
using Fhir.Messaging.Delivery;
using Fhir.Server.Core.Outcomes;

namespace Adapters.Hl7v2;

/// <summary>A finished summary to ORU^R01 (unsolicited observation), the text and the PDF each an OBX — HL7 v2.4, 7.2.1</summary>
public static class OruFromDocument
{
    public static Result<Hl7Message> Translate(OutboundDocument document)
    {
        if (document.MessageId.Length is 0 or > 20) return new Issue(IssueKind.Invalid, "The message id must have 1 to 20 characters.", "MSH-10");
        if (document.Pdf.IsEmpty) return new Issue(IssueKind.Invalid, "The document has no PDF.", "OBX-5");
        var message = new Hl7Builder();
        Header(message, document);
        if (!PidFromPatient.Add(message, document.Patient)) return new Issue(IssueKind.Invalid, "The patient has no identifier that the receiver knows: no valid BSN, patient number or record number.", "PID-3");
        message.Segment("PV1").Set(1, "1").Set(2, "O");
        Order(message, document);
        Observation(message, document, set: "1", type: "FT").Set(5, document.Text);
        Observation(message, document, set: "2", type: "ED")
            .Set(5, "application", component: 2).Set(5, "pdf", component: 3).Set(5, "Base64", component: 4)
            .Set(5, Convert.ToBase64String(document.Pdf.Span), component: 5);
        return message.Build();
    }

    // MSH-7 is when the document was made, so that a resend is the same message to the byte.
    private static void Header(Hl7Builder message, OutboundDocument document) => message.Segment("MSH")
        .Set(3, "SAMENSPRAAK").Set(4, document.SendingOrganization).Set(6, document.ReceivingOrganization)
        .Set(7, Time(document.CreatedAt))
        .Set(9, "ORU").Set(9, "R01", component: 2)
        .Set(10, document.MessageId).Set(11, "P").Set(12, "2.4")
        .Set(17, "NLD").Set(18, "UNICODE UTF-8");

    private static void Order(Hl7Builder message, OutboundDocument document)
    {
        var author = document.Author;
        message.Segment("OBR").Set(1, "1").Set(3, document.DocumentNumber);
        What(message, field: 4, document);
        message.Set(7, Time(document.CreatedAt)).Set(16, author.Family, component: 2).Set(16, author.Given, component: 3);
        if (author.Agb is { Length: 8 } agb && agb.All(char.IsAsciiDigit)) message.Set(16, agb).Set(16, "VEKTIS", component: 9);
        message.Set(22, Time(document.CreatedAt)).Set(25, "F");
    }

    private static Hl7Builder Observation(Hl7Builder message, OutboundDocument document, string set, string type)
    {
        message.Segment("OBX").Set(1, set).Set(2, type);
        What(message, field: 3, document);
        return message.Set(4, set).Set(11, "F").Set(14, Time(document.CreatedAt));   // OBX-4 tells the two apart: they share OBX-3
    }

    // LOINC 11488-4, consult note
    private static void What(Hl7Builder message, int field, OutboundDocument document) =>
        message.Set(field, "11488-4").Set(field, document.Title, component: 2).Set(field, "LN", component: 3);

    private static string Time(DateTimeOffset at) =>
        at.ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture) + at.ToString("zzz", CultureInfo.InvariantCulture).Replace(":", "", StringComparison.Ordinal);
}
