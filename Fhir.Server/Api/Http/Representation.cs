using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Xml;

namespace Fhir.Server.Api.Http;

/// <summary>Resources between the JSON that is kept and the format that is spoken — https://hl7.org/fhir/R4/formats.html</summary>
public static class Representation
{
    /// <summary>The resources' own limit, and the Bundles around them.</summary>
    public const int DeepestBundle = JsonReader.MaxDepth + BundlesAround;
    public const int BundlesAround = 16;

    /// <summary>JSON of ours in the format that was asked.</summary>
    public static ReadOnlyMemory<byte> Of(ReadOnlyMemory<byte> json, Format format, bool pretty) => format switch
    {
        Format.Json => pretty ? PrettyJson.Of(json) : json,
        Format.Xml => Xml(json, pretty),
    };

    /// <summary>XML that came in as JSON. Decimals keep their text; what cannot be said in FHIR is refused, or told in <paramref name="broken"/> where one entry of a Bundle is at fault.</summary>
    public static Result<ReadOnlyMemory<byte>> JsonOf(ReadOnlyMemory<byte> xml, IDictionary<int, Issue>? broken)
    {
        var read = broken is null ? FhirXmlReader.Read(xml, DefinitionSet.R4) : FhirXmlReader.ReadBundle(xml, DefinitionSet.R4, DeepestBundle, broken);
        return read.Failed(out var issue, out var resource) ? issue : new ReadOnlyMemory<byte>(JsonWriter.Write(resource));
    }

    private static ReadOnlyMemory<byte> Xml(ReadOnlyMemory<byte> json, bool pretty)
    {
        if (JsonReader.Read(json, DefinitionSet.R4, DeepestBundle).Failed(out var issue, out var resource))
            throw new InvalidDataException($"An answer of ours is no FHIR: {issue.Text} {issue.Where}");
        return FhirXmlWriter.Write(resource, pretty);
    }
}
