using System.Text.Json;

namespace Fhir.Server.Api.Audit;

/// <summary>The small data types of FHIR as the writer of AuditEvents needs them.</summary>
internal static class AuditJsonWords
{
    public static void Coding(this Utf8JsonWriter json, string? name, string system, string code, string? display = null)
    {
        Begin(json, name);
        json.WriteString("system", system);
        json.WriteString("code", code);
        if (display is not null) json.WriteString("display", display);
        json.WriteEndObject();
    }

    public static void Concept(this Utf8JsonWriter json, string? name, params ReadOnlySpan<(string System, string Code)> codings)
    {
        Begin(json, name);
        json.WriteStartArray("coding");
        foreach (var (system, code) in codings) json.Coding(null, system, code);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>A Reference by what is known: a literal one, an identifier, a name.</summary>
    public static void Reference(this Utf8JsonWriter json, string name, string? reference, (string? System, string Value)? identifier = null, string? display = null)
    {
        json.WriteStartObject(name);
        if (reference is not null) json.WriteString("reference", reference);
        if (identifier is var (system, value))
        {
            json.WriteStartObject("identifier");
            if (system is not null) json.WriteString("system", system);
            json.WriteString("value", value);
            json.WriteEndObject();
        }
        if (display is not null) json.WriteString("display", display);
        json.WriteEndObject();
    }

    private static void Begin(Utf8JsonWriter json, string? name)
    {
        if (name is null) json.WriteStartObject();
        else json.WriteStartObject(name);
    }
}
