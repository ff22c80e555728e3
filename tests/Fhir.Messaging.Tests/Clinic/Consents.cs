using System.Globalization;
using System.Text.Json.Nodes;

namespace Fhir.Messaging.Tests.Clinic;

/// <summary>Consents as the outside world writes them.</summary>
public static class Consents
{
    public static string For(string actor, string patient, DateTimeOffset now, Action<JsonObject>? change = null)
    {
        var day = now.UtcDateTime.Date;
        var consent = JsonNode.Parse(
            $$"""
            {"resourceType":"Consent","status":"active","scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}]},
             "category":[{"coding":[{"system":"http://loinc.org","code":"59284-0"}]}],"patient":{"reference":"{{patient}}"},"performer":[{"reference":"{{patient}}"}],
             "policyRule":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"OPTIN"}]},
             "provision":{"type":"permit","period":{"start":"{{Day(day.AddDays(-1))}}","end":"{{Day(day.AddDays(30))}}" },
              "actor":[{"role":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ParticipationType","code":"IRCP"}]},"reference":{"reference":"{{actor}}" } }],
              "purpose":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":"TREAT"}] } }
            """)!.AsObject();
        change?.Invoke(consent);
        foreach (var name in consent.Provision().Where(p => p.Value is null).Select(p => p.Key).ToList()) consent.Provision().Remove(name);
        return consent.ToJsonString();
    }

    public static string Day(DateTime day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    public static JsonObject Class(string code, string system = ClinicUrls.ItemClass) => new() { ["system"] = system, ["code"] = code };

    public static JsonObject Actor(string reference, string role = "IRCP") => new()
    {
        ["role"] = new JsonObject { ["coding"] = new JsonArray(new JsonObject { ["system"] = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", ["code"] = role }) },
        ["reference"] = new JsonObject { ["reference"] = reference },
    };

    public static JsonObject Provision(this JsonObject consent) => consent["provision"]!.AsObject();
}
