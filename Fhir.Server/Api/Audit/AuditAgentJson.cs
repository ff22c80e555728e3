using System.Text.Json;
using Fhir.Server.Api.Identity;

namespace Fhir.Server.Api.Audit;

/// <summary>The agents of an event: who did it, with what, here, for which organisation and on whose behalf — https://profiles.ihe.net/ITI/BALP/</summary>
internal static class AuditAgentJson
{
    private const string Participation = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
    private const string UserAgents = "https://profiles.ihe.net/ITI/BALP/CodeSystem/UserAgentTypes";

    public static void Write(Utf8JsonWriter json, AuditLine line, AuditView view)
    {
        json.WriteStartArray("agent");
        User(json, line, view);
        if (line.Act == AuditAct.Disclose) Receiver(json, line, view);
        else Client(json, line);
        json.WriteStartObject();
        json.Concept("type", AuditCodes.Sides(line.Act).Server);
        Server(json, "who", view);
        json.WriteBoolean("requestor", false);
        Network(json, view.Server.Audience, "5");
        json.WriteEndObject();
        if (line.By.Organization is { } organization) Other(json, ("http://terminology.hl7.org/CodeSystem/v3-RoleClass", "PROV"), organization, view);
        if (line.By.OnBehalfOf is { } responsible) Other(json, (Participation, "RESP"), responsible, view);
        json.WriteEndArray();
    }

    /// <summary>This server, always in the same words: it is the source of the event too.</summary>
    public static void Server(Utf8JsonWriter json, string name, AuditView view) => json.Reference(name, null, ("urn:ietf:rfc:3986", view.Server.Audience), "Samenspraak");

    private static void User(Utf8JsonWriter json, AuditLine line, AuditView view)
    {
        var by = line.By;
        json.WriteStartObject();
        var kind = (Participation, AuditCodes.UserIs(line.Act));
        if (by.TokenId is not null) json.Concept("type", kind, (UserAgents, "UserOauthAgent"));
        else json.Concept("type", kind);
        if (by.Role is { } role) Role(json, role, view);
        var who = by.Who ?? "unknown";
        var isReference = who.Contains('/', StringComparison.Ordinal);
        json.Reference("who", isReference ? who : null, isReference && by.Issuer is null ? null : (by.Issuer, who), view.Names.Of(who));
        if (by.PractitionerRole is { } actor && line.Act != AuditAct.Delete) json.WriteString("altId", actor);
        if (view.Names.Of(who) is { } name) json.WriteString("name", name);
        json.WriteBoolean("requestor", true);
        if (by.TokenId is { } token && !token.Any(char.IsWhiteSpace))
        {
            json.WriteStartArray("policy");
            json.WriteStringValue(token);
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }

    private static void Role(Utf8JsonWriter json, string role, AuditView view)
    {
        var (english, dutch) = view.Names.Role(role);
        json.WriteStartArray("role");
        json.WriteStartObject();
        json.WriteStartArray("coding");
        json.Coding(null, AuditCodes.Roles, role, english == role ? null : english);
        json.WriteEndArray();
        json.WriteString("text", dutch);
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static void Client(Utf8JsonWriter json, AuditLine line)
    {
        json.WriteStartObject();
        json.Concept("type", AuditCodes.Sides(line.Act).Client.AsSpan());
        json.Reference("who", null, (line.By.Issuer, line.By.Client ?? "unknown"));
        json.WriteBoolean("requestor", false);
        if (line.By.Network is { } address) Network(json, address, "2");
        json.WriteEndObject();
    }

    private static void Receiver(Utf8JsonWriter json, AuditLine line, AuditView view)
    {
        json.WriteStartObject();
        json.Concept("type", AuditCodes.Sides(line.Act).Client.AsSpan());
        json.Reference("who", line.Receiver.Organization, null, view.Names.Of(line.Receiver.Organization));
        json.WriteBoolean("requestor", false);
        Network(json, view.Names.Of(line.Receiver.Endpoint) ?? "unknown", "5");
        json.WriteEndObject();
    }

    private static void Other(Utf8JsonWriter json, (string, string) type, string who, AuditView view)
    {
        json.WriteStartObject();
        json.Concept("type", type);
        json.Reference("who", who, null, view.Names.Of(who));
        json.WriteBoolean("requestor", false);
        json.WriteEndObject();
    }

    private static void Network(Utf8JsonWriter json, string address, string type)
    {
        json.WriteStartObject("network");
        json.WriteString("address", address);
        json.WriteString("type", type);   // https://hl7.org/fhir/R4/valueset-network-type.html: 2 = IP address, 5 = URI
        json.WriteEndObject();
    }
}
