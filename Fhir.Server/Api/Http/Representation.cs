using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Xml;

namespace Fhir.Server.Api.Http;

/// <summary>Resources between the JSON that is kept and the format that is spoken — https://hl7.org/fhir/R4/formats.html</summary>
public static class Representation
{
    /// <summary>The resources' own limit, and the Bundles around them.</summary>
    public const int DeepestBundle = JsonReader.MaxDepth + 16;

    /// <summary>JSON of ours in the format that was asked.</summary>
    public static ReadOnlyMemory<byte> Of(ReadOnlyMemory<byte> json, Format format, bool pretty) => format switch
    {
        Format.Json => pretty ? PrettyJson.Of(json) : json,
        Format.Xml => Xml(json, pretty),
    };

    /// <summary>A body as JSON, whatever it was sent in. Decimals keep their text; what cannot be said in FHIR is refused.</summary>
    public static Result<ReadOnlyMemory<byte>> ToJson(ReadOnlyMemory<byte> body, Format format, int maxDepth = JsonReader.MaxDepth)
    {
        if (format == Format.Json) return body;
        return FhirXmlReader.Read(body, DefinitionSet.R4, maxDepth).Failed(out var issue, out var resource) ? issue : new ReadOnlyMemory<byte>(JsonWriter.Write(resource));
    }

    private static ReadOnlyMemory<byte> Xml(ReadOnlyMemory<byte> json, bool pretty)
    {
        if (JsonReader.Read(json, DefinitionSet.R4, DeepestBundle).Failed(out var issue, out var resource))
            throw new InvalidDataException($"An answer of ours is no FHIR: {issue.Text} {issue.Where}");
        return FhirXmlWriter.Write(resource, pretty);
    }
}
