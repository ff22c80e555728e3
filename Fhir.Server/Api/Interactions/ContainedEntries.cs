using Fhir.Server.Api.Http;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Json;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Search;

namespace Fhir.Server.Api.Interactions;

/// <summary>Contained resources as entries of a search with _containedType=contained — https://hl7.org/fhir/R4/search.html#contained: the full URL is that of the container with the id behind a #.</summary>
internal static class ContainedEntries
{
    public static IEnumerable<BundleEntry> Of(ResourceVersion container, IReadOnlyList<string> ids, SearchQuery query, string baseUrl)
    {
        if (JsonReader.Read(container.Body, DefinitionSet.R4).Failed(out _, out var whole)) throw new InvalidDataException("A stored resource cannot be read.");
        foreach (var inside in whole.Each("contained").Where(c => c["id"].Text is { Length: > 0 } id && ids.Contains(id)))
        {
            var text = Subset.Of(container with { Body = container.Body[inside.Start..inside.End] }, query.Summary, query.Elements).Body;
            yield return new() { FullUrl = $"{baseUrl}/{container.Key}#{inside["id"].Text}", Resource = text, SearchMode = "match", Rid = container.Rid };
        }
    }
}
