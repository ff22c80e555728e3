using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Api.Operations;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Terminology;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Search;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Fhir.Server.Api.Interactions;

/// <summary>Writes the CapabilityStatement — https://hl7.org/fhir/R4/capabilitystatement.html</summary>
internal static class CapabilityJson
{
    // What an endpoint at this address with this right serves; the order is that of the specification.
    private static readonly (string Right, string Route, string Interaction)[] OnTypes =
    [
        ("read", "/{type}/{id}", "read"), ("vread", "/{type}/{id}/_history/{version}", "vread"), ("update", "/{type}/{id}", "update"), ("patch", "/{type}/{id}", "patch"), ("delete", "/{type}/{id}", "delete"),
        ("history", "/{type}/{id}/_history", "history-instance"), ("history-of-many", "/{type}/_history", "history-type"), ("create", "/{type}", "create"), ("search", "/{type}", "search-type"),
    ];
    private static readonly (string Right, string Route, string Interaction)[] OnAll = [("bundle", "/", "transaction"), ("bundle", "/", "batch"), ("history-of-many", "/_history", "history-system"), ("search", "/", "search-system")];

    public static ReadOnlyMemory<byte> Write(string baseUrl, DateTimeOffset since, IReadOnlyList<Endpoint> endpoints, Vocabulary vocabulary, DefinitionSet definitions)
    {
        var served = endpoints.OfType<RouteEndpoint>().Where(e => e.RoutePattern.RawText is { } route && route.StartsWith("/fhir/", StringComparison.Ordinal))
            .Select(e => (e.Metadata.GetMetadata<Right>()?.Name, (string?)e.RoutePattern.RawText!["/fhir".Length..])).ToHashSet();
        var operations = endpoints.Select(e => e.Metadata.GetMetadata<Operation>()).OfType<Operation>().Distinct().ToLookup(o => o.Type, StringComparer.Ordinal);
        var references = References(definitions);
        var buffer = new ArrayBufferWriter<byte>(512 * 1024);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        Head(json, baseUrl, since);
        json.WriteStartArray("rest");
        json.WriteStartObject();
        json.WriteString("mode", "server");
        json.WriteString("documentation", Modifiers(vocabulary));
        Security(json);
        json.WriteStartArray("resource");
        foreach (var type in DefinitionSet.R4.ResourceTypes.Where(t => AccessTable.Number(t) >= 0))
            Resource(json, type, served, references, definitions, [.. operations[type], .. operations[Operation.EveryType]]);
        json.WriteEndArray();
        Codes(json, "interaction", OnAll.Where(i => served.Contains((i.Right, i.Route))).Select(i => i.Interaction));
        Parameters(json, SearchQuery.Parameters("Resource", DefinitionSet.R4));
        Operations(json, operations[Operation.NoType]);
        Strings(json, "compartment", served.Contains(("search", "/{compartment}/{focus}/*")) ? Compartments.Names.Select(name => $"http://hl7.org/fhir/CompartmentDefinition/{char.ToLowerInvariant(name[0])}{name[1..]}") : []);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    // R4 has no element for them.
    private static string Modifiers(Vocabulary vocabulary)
    {
        var types = DefinitionSet.R4.ResourceTypes.SelectMany(t => SearchQuery.Parameters(t, DefinitionSet.R4)).Where(p => p.Code is not ("_id" or "_lastUpdated")).DistinctBy(p => p.Type).OrderBy(p => p.Type);
        var modifiers = types.Select(p => $"{p.Type.ToString().ToLowerInvariant()} {string.Join(' ', SearchQuery.Modifiers(p, DefinitionSet.R4, vocabulary).Concat(p.Type == SearchParameterType.Reference ? ["[type]"] : []).Select(m => $":{m}"))}");
        return $"Search modifiers: {string.Join("; ", modifiers)}. Beside the parameters: _contained, _containedType, _count, _elements, _has, _include, _list, _revinclude, _sort, _summary, _total, _type; chains. Under an id of its own choice only who sees the whole tenant creates.";
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
        Strings(json, "format", [.. Formats.Types, "json", "xml"]);
        Strings(json, "patchFormat", PatchText.Types);
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

    private static void Resource(Utf8JsonWriter json, string type, HashSet<(string?, string?)> served, ILookup<string, string> references, DefinitionSet definitions, IReadOnlyList<Operation> operations)
    {
        var isLog = type == "AuditEvent";   // it is appended and read, and has no versions
        bool Has(string right, string route) => !isLog && served.Contains((right, route));
        json.WriteStartObject();
        json.WriteString("type", type);
        Codes(json, "interaction", isLog ? ["read", "create", "search-type"] : OnTypes.Where(i => served.Contains((i.Right, i.Route))).Select(i => i.Interaction));
        json.WriteString("versioning", isLog ? "no-version" : "versioned");
        json.WriteBoolean("readHistory", Has("vread", "/{type}/{id}/_history/{version}"));
        json.WriteBoolean("updateCreate", false);   // see the documentation of rest
        json.WriteBoolean("conditionalCreate", Has("create", "/{type}"));
        json.WriteString("conditionalRead", Has("read", "/{type}/{id}") ? "full-support" : "not-supported");
        json.WriteBoolean("conditionalUpdate", Has("update", "/{type}"));
        json.WriteString("conditionalDelete", Has("delete", "/{type}") ? "single" : "not-supported");
        var parameters = SearchQuery.Parameters(type, definitions).Where(p => !isLog || Audit.AuditSearch.Parameters.Contains(p.Code)).ToList();
        Strings(json, "searchInclude", isLog ? [] : parameters.Where(p => p.Type == SearchParameterType.Reference).Select(p => $"{type}:{p.Code}"));
        Strings(json, "searchRevInclude", isLog ? [] : references[type].Concat(references[""]));
        Parameters(json, parameters);
        Operations(json, isLog ? operations.Where(o => o.Code == "validate") : operations);
        json.WriteEndObject();
    }

    // What leads to a type, by that type; what may lead to any stands under none.
    private static ILookup<string, string> References(DefinitionSet definitions) => (
        from source in DefinitionSet.R4.ResourceTypes
        where source != "AuditEvent" && AccessTable.Number(source) >= 0
        from parameter in SearchQuery.Parameters(source, definitions)
        where parameter.Type == SearchParameterType.Reference
        from target in SearchQuery.Targets(parameter).DefaultIfEmpty("")
        select (Target: target, Name: $"{source}:{parameter.Code}")).ToLookup(r => r.Target, r => r.Name, StringComparer.Ordinal);

    private static void Parameters(Utf8JsonWriter json, IEnumerable<SearchParameterDefinition> parameters)
    {
        json.WriteStartArray("searchParam");
        foreach (var parameter in parameters)
        {
            json.WriteStartObject();
            json.WriteString("name", parameter.Code);
            if (parameter.Url.Length > 0) json.WriteString("definition", parameter.Url);
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

    private static void Strings(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        var all = texts.ToList();
        if (all.Count == 0) return;   // FHIR has no empty lists
        json.WriteStartArray(name);
        foreach (var text in all) json.WriteStringValue(text);
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
