using System.Text;
using System.Text.Json.Nodes;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;

namespace Fhir.Server.Core.Tests.Terminology;

/// <summary>The tests are written in R5: resources come from it, and answers go to it, by HL7's own conversion of the elements that differ.</summary>
internal static class TxVersions
{
    private const string Properties = "http://hl7.org/fhir/5.0/StructureDefinition/extension-ValueSet.expansion.";

    public static JsonNode Json(string path) => JsonNode.Parse(File.ReadAllText(path, Encoding.UTF8))!;

    /// <summary>The resource as R4 has it, or the reason why it cannot be.</summary>
    public static Element? Read(JsonNode json, out string? why)
    {
        ToR4(json);
        var failed = JsonReader.Read(Encoding.UTF8.GetBytes(json.ToJsonString()), DefinitionSet.R4).Failed(out var issue, out var resource);
        why = failed ? $"{issue!.Text} {issue.Where}" : null;
        return failed ? null : resource;
    }

    public static JsonNode Written(Element resource)
    {
        var json = JsonNode.Parse(JsonWriter.Write(resource))!;
        if (json["expansion"] is JsonObject expansion) ToR5(expansion);
        return json;
    }

    private static void ToR4(JsonNode? node)
    {
        if (node is JsonArray array) foreach (var item in array) ToR4(item);
        if (node is not JsonObject json) return;
        foreach (var name in new[] { "versionAlgorithmString", "versionAlgorithmCoding", "copyrightLabel", "approvalDate", "lastReviewDate", "scope" }) json.Remove(name);
        // One of the files has a remark of its author.
        foreach (var name in json.Select(p => p.Key).Where(n => n.Contains(':', StringComparison.Ordinal)).ToList()) json.Remove(name);
        if (json["mode"] is not null) json.Remove("relationship");
        if (json["relationship"] is JsonValue relationship)
        {
            json.Remove("relationship");
            json["equivalence"] = relationship.ToString() switch { "source-is-narrower-than-target" => "wider", "source-is-broader-than-target" => "narrower", "related-to" => "relatedto", var same => same };
        }
        foreach (var (old, now) in new[] { ("sourceScopeUri", "sourceUri"), ("targetScopeUri", "targetUri"), ("sourceScopeCanonical", "sourceCanonical"), ("targetScopeCanonical", "targetCanonical") })
            if (json[old] is { } value) { json.Remove(old); json[now] = value.DeepClone(); }
        foreach (var (_, child) in json.ToList()) ToR4(child);
    }

    private static void ToR5(JsonObject json)
    {
        var properties = new JsonArray();
        if (json["extension"] is JsonArray extensions)
        {
            foreach (var extension in extensions.ToList().Where(e => e!["url"]!.ToString().StartsWith(Properties, StringComparison.Ordinal)))
            {
                extensions.Remove(extension);
                var property = new JsonObject();
                foreach (var part in extension!["extension"]!.AsArray())
                {
                    var value = part!.AsObject().First(p => p.Key.StartsWith("value", StringComparison.Ordinal));
                    property[part["url"]!.ToString() == "value" ? value.Key : part["url"]!.ToString()] = value.Value!.DeepClone();
                }
                properties.Add((JsonNode)property);
            }
            if (extensions.Count == 0) json.Remove("extension");
        }
        if (properties.Count > 0) json["property"] = properties;
        if (json["contains"] is JsonArray contains) foreach (var item in contains) ToR5(item!.AsObject());
    }
}
