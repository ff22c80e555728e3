using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Core.Elements;
using Fhir.Server.Store.Audit;

namespace Fhir.Server.Api.Audit;

/// <summary>A line of the log as AuditEvent — https://profiles.ihe.net/ITI/BALP/. Made when it is read; stored nowhere.</summary>
public static class AuditEventJson
{
    public static ReadOnlyMemory<byte> Of(AuditLine line, AuditView view)
    {
        if (line.Body is { } posted && view.SeenBy is null) return PostedEvent.Shown(posted, line.By);   // what it says in words is not for patients: nobody here wrote or checked it
        var buffer = new ArrayBufferWriter<byte>(2048);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("resourceType", "AuditEvent");
        json.WriteString("id", view.IdOf(line));
        Meta(json, line, view);
        if (view.SeenBy is not null) AuditNarrative.Write(json, line, view);
        What(json, line, view);
        json.WriteString("action", AuditCodes.Action(line.Act));
        json.WriteString("recorded", Micros.At(line.AtMicros).ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));
        var status = AuditCodes.Status(line);
        json.WriteString("outcome", AuditCodes.Outcome(status));
        json.WriteString("outcomeDesc", line.Times == 0 ? StatusLine.Of(status) : string.Create(CultureInfo.InvariantCulture, $"{StatusLine.Of(status)}; {line.Times} times within a minute"));
        if (AuditCodes.Reason(line) is { } reason)
        {
            json.WriteStartArray("purposeOfEvent");
            json.Concept(null, (AuditCodes.Reasons, reason));
            json.WriteEndArray();
        }
        AuditAgentJson.Write(json, line, view);
        Source(json, view);
        AuditEntityJson.Write(json, line, view);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    // The label lets the use of the emergency button be searched for: R4 has no parameter for purposeOfEvent.
    private static void Meta(Utf8JsonWriter json, AuditLine line, AuditView view)
    {
        var profiles = view.Sight.Tells(line) ? AuditCodes.Profiles(line, view.PatientsOf(line).Count).ToList() : [];   // they ask what it was about
        if (profiles.Count == 0 && !line.BrokenGlass) return;
        json.WriteStartObject("meta");
        if (profiles.Count > 0)
        {
            json.WriteStartArray("profile");
            foreach (var profile in profiles) json.WriteStringValue(profile);
            json.WriteEndArray();
        }
        if (line.BrokenGlass)
        {
            json.WriteStartArray("security");
            json.Coding(null, AuditCodes.Reasons, "BTG");
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }

    private static void What(Utf8JsonWriter json, AuditLine line, AuditView view)
    {
        var leaves = line.Act == AuditAct.Disclose;
        json.Coding("type", leaves ? AuditCodes.Dicom : AuditCodes.Rest, leaves ? "110106" : "rest");
        json.WriteStartArray("subtype");
        json.Coding(null, leaves ? AuditCodes.Lifecycle : AuditCodes.Interactions, AuditCodes.Interaction(line));
        if (line.Operation is { } operation && view.Sight.Tells(line)) json.Coding(null, AuditCodes.Operations, operation);
        json.WriteEndArray();
    }

    private static void Source(Utf8JsonWriter json, AuditView view)
    {
        json.WriteStartObject("source");
        json.WriteString("site", view.Server.Issuer);
        AuditAgentJson.Server(json, "observer", view);
        json.WriteStartArray("type");
        json.Coding(null, "http://terminology.hl7.org/CodeSystem/security-source-type", "4");
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
