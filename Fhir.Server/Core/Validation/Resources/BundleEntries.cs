using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Validation.Rules;

namespace Fhir.Server.Core.Validation.Resources;

/// <summary>What a Bundle asks of its entries beyond its invariants — https://hl7.org/fhir/R4/bundle.html#resources</summary>
internal sealed class BundleEntries : Rule
{
    public override void Check(Element element, Judging judging)
    {
        var type = element["type"].Text;
        foreach (var entry in element.Each("entry"))
        {
            if (entry["fullUrl"] is { Text: { } url } fullUrl) Address(fullUrl, url, entry["resource"], type, judging);
            else if (type is "document" or "message" && entry["resource"].Exists) judging.Add(entry, "required", "An entry of a document or message has a fullUrl.", below: ".fullUrl");
        }
        if (type == "document") DocumentLinks.Check(element, judging);
    }

    // A RESTful address ends as the resource is named; in a request the server gives the id.
    private static void Address(Element fullUrl, string url, Element resource, string? type, Judging judging)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out _)) judging.Add(fullUrl, "value", "A fullUrl is absolute.");
        else if (resource.Exists && type is not ("transaction" or "batch") && Reference.TryParse(url, out var named) && named.Form == ReferenceForm.Absolute && named.Id is { } id
                 && (named.Type != resource.Type || (resource["id"].Text is { } own && own != id)))
            judging.Add(fullUrl, "value", "The fullUrl ends in another type or id than its resource has.");
        else if (url.StartsWith("urn:uuid:", StringComparison.Ordinal) && !Guid.TryParseExact(url.AsSpan(9), "D", out _))
            judging.Add(fullUrl, "value", "After urn:uuid: stands a UUID.", Severity.Warning);
    }
}
