using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Fhir.Server.Api.Identity;
using Fhir.Server.Api.Operations;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Store.Access;
using Microsoft.AspNetCore.Http;

namespace Fhir.Server.Api.Interactions;

/// <summary>Writes the CapabilityStatement — https://hl7.org/fhir/R4/capabilitystatement.html</summary>
internal static class CapabilityJson
{
    // What is mapped on any type, by the name of its right; the order is that of the specification.
    private static readonly (string Right, string Interaction)[] OnTypes =
        [("read", "read"), ("vread", "vread"), ("update", "update"), ("patch", "patch"), ("delete", "delete"), ("history", "history-instance"), ("history-of-many", "history-type"), ("create", "create"), ("search", "search-type")];

    public static ReadOnlyMemory<byte> Write(string baseUrl, DateTimeOffset since, IReadOnlyList<Endpoint> endpoints)
    {
        var rights = endpoints.Select(e => e.Metadata.GetMetadata<Right>()?.Name).ToHashSet(StringComparer.Ordinal);
        var operations = endpoints.Select(e => e.Metadata.GetMetadata<Operation>()).OfType<Operation>().Distinct().ToLookup(o => o.Type, StringComparer.Ordinal);
        var buffer = new ArrayBufferWriter<byte>(512 * 1024);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        Head(json, baseUrl, since);
        json.WriteStartArray("rest");
        json.WriteStartObject();
        json.WriteString("mode", "server");
        Security(json);
        json.WriteStartArray("resource");
        foreach (var type in DefinitionSet.R4.ResourceTypes.Where(t => AccessTable.Number(t) >= 0)) Resource(json, type, [.. OnTypes.Where(i => rights.Contains(i.Right)).Select(i => i.Interaction)], [.. operations[type], .. operations[Operation.EveryType]]);
        json.WriteEndArray();
        Codes(json, "interaction", ["transaction", "batch", "history-system", "search-system"]);
        Operations(json, operations[Operation.NoType]);
        json.WriteStartArray("compartment");
        foreach (var name in Compartments.Names) json.WriteStringValue($"http://hl7.org/fhir/CompartmentDefinition/{char.ToLowerInvariant(name[0])}{name[1..]}");
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    private static void Head(Utf8JsonWriter json, string baseUrl, DateTimeOffset since)
    {
        json.WriteString("resourceType", "CapabilityStatement");
        json.WriteString("status", "active");
        json.WriteString("date", since.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        json.WriteString("kind", "instance");
        json.WriteStartObject("software");
        json.WriteString("name", "Samenspraak");
        json.WriteEndObject();
        json.WriteStartObject("implementation");
        json.WriteString("description", "A FHIR server with secure messaging between clinicians");
        json.WriteString("url", baseUrl);
        json.WriteEndObject();
        json.WriteString("fhirVersion", "4.0.1");
        json.WriteStartArray("format");
        foreach (var format in (string[])["application/fhir+json", "application/fhir+xml", "json", "xml"]) json.WriteStringValue(format);
        json.WriteEndArray();
        json.WriteStartArray("patchFormat");   // JSON Patch and FHIRPath Patch: https://hl7.org/fhir/R4/http.html#patch
        foreach (var format in (string[])["application/json-patch+json", "application/fhir+json", "application/fhir+xml"]) json.WriteStringValue(format);
        json.WriteEndArray();
    }

    private static void Security(Utf8JsonWriter json)
    {
        json.WriteStartObject("security");
        json.WriteStartArray("service");
        json.WriteStartObject();
        json.WriteStartArray("coding");
        json.WriteStartObject();
        json.WriteString("system", "http://terminology.hl7.org/CodeSystem/restful-security-service");
        json.WriteString("code", "OAuth");
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteString("description", "A bearer token with SMART scopes on every request.");
        json.WriteEndObject();
    }

    private static void Resource(Utf8JsonWriter json, string type, IReadOnlyList<string> interactions, IEnumerable<Operation> operations)
    {
        var isLog = type == "AuditEvent";
        json.WriteStartObject();
        json.WriteString("type", type);
        Codes(json, "interaction", isLog ? ["read", "create", "search-type"] : interactions);
        json.WriteString("versioning", isLog ? "no-version" : "versioned");
        json.WriteBoolean("readHistory", !isLog);
        json.WriteBoolean("updateCreate", !isLog);
        json.WriteBoolean("conditionalCreate", !isLog);
        json.WriteString("conditionalRead", isLog ? "not-supported" : "full-support");
        json.WriteBoolean("conditionalUpdate", !isLog);
        json.WriteString("conditionalDelete", isLog ? "not-supported" : "single");
        SearchParameters(json, type, isLog);
        Operations(json, operations);
        json.WriteEndObject();
    }

    private static void SearchParameters(Utf8JsonWriter json, string type, bool isLog)
    {
        var all = DefinitionSet.R4.SearchParameters(type).Where(p => p.Expression is not null && p.Type != SearchParameterType.Special && (!isLog || Audit.AuditSearch.Parameters.Contains(p.Code))).ToList();
        var references = all.Where(p => p.Type == SearchParameterType.Reference && !isLog).ToList();
        if (references.Count > 0)
        {
            json.WriteStartArray("searchInclude");
            foreach (var reference in references) json.WriteStringValue($"{type}:{reference.Code}");
            json.WriteEndArray();
        }
        json.WriteStartArray("searchParam");
        foreach (var parameter in all)
        {
            json.WriteStartObject();
            json.WriteString("name", parameter.Code);
            json.WriteString("definition", parameter.Url);
            json.WriteString("type", parameter.Type.ToString().ToLowerInvariant());
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void Operations(Utf8JsonWriter json, IEnumerable<Operation> operations)
    {
        var all = operations.DistinctBy(o => o.Code).OrderBy(o => o.Code, StringComparer.Ordinal).ToList();
        if (all.Count == 0) return;
        json.WriteStartArray("operation");
        foreach (var operation in all)
        {
            json.WriteStartObject();
            json.WriteString("name", operation.Code);
            json.WriteString("definition", operation.Definition);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void Codes(Utf8JsonWriter json, string name, IEnumerable<string> codes)
    {
        json.WriteStartArray(name);
        foreach (var code in codes)
        {
            json.WriteStartObject();
            json.WriteString("code", code);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
