using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Fhir.Server.Api.Http;
using Fhir.Server.Core.Packages;

namespace Fhir.Server.Api.Interactions;

/// <summary>What the terminology operations know — https://hl7.org/fhir/R4/terminologycapabilities.html. Made once: what is loaded does not change.</summary>
public sealed class TerminologyCapabilities(Conformance conformance, TimeProvider clock)
{
    private static readonly string[] Parameters =
        ["activeOnly", "count", "designation", "displayLanguage", "exclude-system", "excludeNested", "filter", "force-system-version", "includeDefinition", "includeDesignations", "offset", "property", "system-version", "check-system-version", "useSupplement"];

    private readonly DateTimeOffset _since = clock.GetUtcNow();
    private FhirBody? _body;

    public FhirBody Body => _body ??= Make();

    private FhirBody Make()
    {
        var buffer = new ArrayBufferWriter<byte>(128 * 1024);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("resourceType", "TerminologyCapabilities");
        json.WriteString("status", "active");
        json.WriteString("date", _since.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        json.WriteString("kind", "instance");
        json.WriteStartObject("software");
        json.WriteString("name", "Samenspraak");
        json.WriteEndObject();
        json.WriteStartObject("implementation");
        json.WriteString("description", "Terminology of the FHIR packages that are loaded");
        json.WriteEndObject();
        json.WriteStartArray("codeSystem");
        foreach (var url in conformance.Urls("CodeSystem").Order(StringComparer.Ordinal)) One(json, "uri", url);
        json.WriteEndArray();
        Expansion(json);
        json.WriteString("codeSearch", "all");
        json.WriteStartObject("validateCode");
        json.WriteBoolean("translations", true);
        json.WriteEndObject();
        json.WriteStartObject("translation");
        json.WriteBoolean("needsMap", false);
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        return FhirBody.Tagged(buffer.WrittenMemory, $"W/\"{Convert.ToHexStringLower(SHA256.HashData(buffer.WrittenSpan)[..8])}\"");
    }

    private static void Expansion(Utf8JsonWriter json)
    {
        json.WriteStartObject("expansion");
        json.WriteBoolean("hierarchical", true);
        json.WriteBoolean("paging", true);
        json.WriteBoolean("incomplete", false);
        json.WriteStartArray("parameter");
        foreach (var name in Parameters) One(json, "name", name);
        json.WriteEndArray();
        json.WriteString("textFilter", "All words, anywhere in the code or one of its designations");
        json.WriteEndObject();
    }

    private static void One(Utf8JsonWriter json, string name, string value)
    {
        json.WriteStartObject();
        json.WriteString(name, value);
        json.WriteEndObject();
    }
}
