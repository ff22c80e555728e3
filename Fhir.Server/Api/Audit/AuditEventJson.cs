using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Fhir.Server.Api.Identity;
using Fhir.Server.Store.Access;

namespace Fhir.Server.Api.Audit;

/// <summary>A line of the log as AuditEvent — https://hl7.org/fhir/R4/auditevent.html. Made when it is read; stored nowhere.</summary>
public static class AuditEventJson
{
    public static ReadOnlyMemory<byte> Of(AuditLine line, IReadOnlyDictionary<long, ResourceKey> keys)
    {
        if (line.Body is { } posted) return posted;
        var buffer = new ArrayBufferWriter<byte>(1024);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("resourceType", "AuditEvent");
        json.WriteString("id", line.EventId);
        Coding(json, "type", "http://terminology.hl7.org/CodeSystem/audit-event-type", "rest");
        json.WriteStartArray("subtype");
        Coding(json, null, "http://hl7.org/fhir/restful-interaction", AuditCodes.Interaction(line));
        json.WriteEndArray();
        json.WriteString("action", AuditCodes.Action(line.Act));
        json.WriteString("recorded", DateTimeOffset.UnixEpoch.AddMicroseconds(line.AtMicros).ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));
        json.WriteString("outcome", line.Status < 400 ? "0" : line.Status < 500 ? "4" : "8");
        Agents(json, line);
        json.WriteStartObject("source");
        Display(json, "observer", "Samenspraak");
        json.WriteEndObject();
        Entities(json, line, keys);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    private static void Agents(Utf8JsonWriter json, AuditLine line)
    {
        json.WriteStartArray("agent");
        json.WriteStartObject();
        if (line.Who.Contains('/', StringComparison.Ordinal)) Reference(json, "who", line.Who);
        else Identifier(json, "who", line.Who);
        json.WriteBoolean("requestor", true);
        json.WriteEndObject();
        if (line.Client is { } client)
        {
            json.WriteStartObject();
            Identifier(json, "who", client);
            json.WriteBoolean("requestor", false);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void Entities(Utf8JsonWriter json, AuditLine line, IReadOnlyDictionary<long, ResourceKey> keys)
    {
        var others = line.Concerned.Where(keys.ContainsKey).Select(rid => keys[rid]).Where(key => key != line.Key).ToList();
        if (line.Key is null && others.Count == 0 && line.Query is null && line.Request is null) return;
        json.WriteStartArray("entity");
        if (line.Key is { } key) Entity(json, () => Reference(json, "what", line.Version > 0 ? string.Create(CultureInfo.InvariantCulture, $"{key}/_history/{line.Version}") : key.ToString()), key.Type);
        foreach (var one in others) Entity(json, () => Reference(json, "what", one.ToString()), one.Type);
        if (line.Query is { } query) Entity(json, () => json.WriteString("query", Convert.ToBase64String(Encoding.UTF8.GetBytes(query))), line.Type >= 0 ? AccessTable.Name((int)line.Type) : null);
        if (line.Request is { } request) Entity(json, () => Identifier(json, "what", request), null);
        json.WriteEndArray();
    }

    private static void Entity(Utf8JsonWriter json, Action what, string? type)
    {
        json.WriteStartObject();
        what();
        if (type is not null) Coding(json, "type", "http://hl7.org/fhir/resource-types", type);
        json.WriteEndObject();
    }

    private static void Coding(Utf8JsonWriter json, string? name, string system, string code)
    {
        if (name is null) json.WriteStartObject();
        else json.WriteStartObject(name);
        json.WriteString("system", system);
        json.WriteString("code", code);
        json.WriteEndObject();
    }

    private static void Reference(Utf8JsonWriter json, string name, string reference) => One(json, name, () => json.WriteString("reference", reference));
    private static void Display(Utf8JsonWriter json, string name, string display) => One(json, name, () => json.WriteString("display", display));
    private static void Identifier(Utf8JsonWriter json, string name, string value) => One(json, name, () => One(json, "identifier", () => json.WriteString("value", value)));

    private static void One(Utf8JsonWriter json, string name, Action inside)
    {
        json.WriteStartObject(name);
        inside();
        json.WriteEndObject();
    }
}

/// <summary>Our acts in the words of the standard.</summary>
public static class AuditCodes
{
    /// <summary>https://hl7.org/fhir/R4/valueset-audit-event-action.html</summary>
    public static string Action(AuditAct act) => act switch
    {
        AuditAct.Create or AuditAct.Append => "C",
        AuditAct.Update => "U",
        AuditAct.Delete => "D",
        AuditAct.Read or AuditAct.VersionRead or AuditAct.History => "R",
        AuditAct.Search or AuditAct.Operation or AuditAct.Bundle or AuditAct.None => "E",
    };

    /// <summary>https://hl7.org/fhir/R4/codesystem-restful-interaction.html</summary>
    public static string Interaction(AuditLine line) => line.Act switch
    {
        AuditAct.Create or AuditAct.Append => "create",
        AuditAct.Update => "update",
        AuditAct.Delete => "delete",
        AuditAct.Read => "read",
        AuditAct.VersionRead => "vread",
        AuditAct.Search => line.Type < 0 ? "search-system" : "search-type",
        AuditAct.History => line.Id is not null ? "history-instance" : line.Type < 0 ? "history-system" : "history-type",
        AuditAct.Bundle => "batch",
        AuditAct.Operation or AuditAct.None => "operation",
    };
}
