using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;

namespace Fhir.Messaging.Documents;

/// <summary>
/// A summary as FHIR: Composition, document Bundle and DocumentReference — https://hl7.org/fhir/R4/documents.html. Everyone in the
/// thread may read it, so of the patient it holds name, birth date and sex, and no BSN.
/// </summary>
public static class SummaryJson
{
    public static JsonObject Composition(Summary summary) => new()
    {
        ["resourceType"] = "Composition",
        ["id"] = summary.Ids.Composition,
        ["identifier"] = Number(summary),
        ["status"] = "final",
        ["type"] = Type(),
        ["subject"] = Reference(summary.Patient),
        ["date"] = Instant(summary.Date),
        ["author"] = new JsonArray(Reference(summary.Role)),
        ["title"] = summary.Topic,
        ["custodian"] = Reference(summary.Organization),
        ["section"] = new JsonArray([.. summary.Sections.Select(Section)]),
    };

    public static JsonObject Bundle(Summary summary) => new()
    {
        ["resourceType"] = "Bundle",
        ["identifier"] = Number(summary),
        ["type"] = "document",
        ["timestamp"] = Instant(summary.Date),
        ["entry"] = new JsonArray(
            Entry(Composition(summary)), Entry(Reduced(summary.Patient)), Entry(Whole(summary.Role)), Entry(Whole(summary.Practitioner)), Entry(Whole(summary.Organization))),
    };

    public static JsonObject DocumentReference(Summary summary, ReadOnlySpan<byte> pdf, string pdfHash, ReadOnlySpan<byte> bundle) => new()
    {
        ["resourceType"] = "DocumentReference",
        ["masterIdentifier"] = Number(summary),
        ["status"] = "current",
        ["docStatus"] = "final",
        ["type"] = Type(),
        ["subject"] = Reference(summary.Patient),
        ["date"] = Instant(summary.Date),
        ["author"] = new JsonArray(Reference(summary.Role)),
        ["custodian"] = Reference(summary.Organization),
        ["description"] = summary.Topic,
        ["content"] = new JsonArray(
            Content("application/pdf", $"Binary/{summary.Ids.Binary}", pdf.Length, pdfHash, summary),
            Content("application/fhir+json", $"Bundle/{summary.Ids.Bundle}", bundle.Length, null, summary)),
        ["context"] = new JsonObject { ["related"] = new JsonArray(new JsonObject { ["reference"] = summary.Thread.ToString() }) },
    };

    private static JsonObject Section(SummarySection section) => new()
    {
        ["title"] = section.Title,
        ["text"] = new JsonObject { ["status"] = "generated", ["div"] = SummaryText.Narrative(section.Text) },
    };

    private static JsonObject Content(string contentType, string url, int size, string? hash, Summary summary)
    {
        var attachment = new JsonObject { ["contentType"] = contentType, ["url"] = url };
        if (hash is not null)
        {
            attachment["size"] = size;
            attachment["hash"] = hash;
        }
        attachment["title"] = summary.Topic;
        attachment["creation"] = Instant(summary.Date);
        return new() { ["attachment"] = attachment };
    }

    private static JsonObject Entry(JsonNode resource) => new()
    {
        ["fullUrl"] = $"{ClinicUrls.Base}/{resource["resourceType"]}/{resource["id"]}",
        ["resource"] = resource,
    };

    private static JsonNode Whole(Element resource) => JsonNode.Parse(Encoding.UTF8.GetString(JsonWriter.Write(resource)))!;

    private static JsonObject Reduced(Element patient)
    {
        var whole = Whole(patient);
        var reduced = new JsonObject
        {
            ["resourceType"] = "Patient",
            ["id"] = whole["id"]?.DeepClone(),
            ["meta"] = new JsonObject { ["tag"] = new JsonArray(new JsonObject { ["system"] = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", ["code"] = "SUBSETTED" }) },
        };
        foreach (var name in (string[])["name", "gender", "birthDate"])
            if (whole[name] is { } value) reduced[name] = value.DeepClone();
        return reduced;
    }

    private static JsonObject Type() => new()
    {
        ["coding"] = new JsonArray(new JsonObject { ["system"] = ClinicUrls.Loinc, ["code"] = "11488-4", ["display"] = "Consult note" }),
    };

    private static JsonObject Number(Summary summary) => new() { ["system"] = ClinicUrls.DocumentNumber, ["value"] = summary.Number };
    private static JsonObject Reference(Element resource) => new() { ["reference"] = $"{resource.Type}/{resource["id"].Text}" };
    private static string Instant(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
}
