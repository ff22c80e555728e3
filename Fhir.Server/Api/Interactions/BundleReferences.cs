using System.Text.RegularExpressions;
using Fhir.Server.Api.Http;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Outcomes;

namespace Fhir.Server.Api.Interactions;

/// <summary>What the entries of a transaction call each other, and what each will be called in the store — https://hl7.org/fhir/R4/bundle.html#references</summary>
public sealed partial class BundleReferences
{
    private readonly Dictionary<string, string> _places = new(StringComparer.Ordinal);

    public BundleReferences(IEnumerable<Entry> entries)
    {
        foreach (var entry in entries.Where(e => e is { FullUrl: not null, Method: "POST" or "PUT" or "PATCH" })) _places.TryAdd(entry.FullUrl!, entry.Key.ToString());
    }

    /// <summary>The resource with its references to other entries turned into the ids they will have; every other byte as it came.</summary>
    public Result<RequestBody> Rewrite(RequestBody body, string? fullUrl)
    {
        if (_places.Count == 0) return body;
        var splice = new JsonSplice(body.Json, body.Resource);
        if (!Rewrite(body.Resource, BaseOf(fullUrl), splice)) return body;
        return RequestBody.Reread(splice.ToBytes());
    }

    private bool Rewrite(Element element, string? within, JsonSplice splice)
    {
        var any = false;
        if (element.Text is { } text && New(element, text, within) is { } written)
        {
            splice.Text(element, written);
            any = true;
        }
        foreach (var child in element.Children) any |= Rewrite(child, within, splice);
        return any;
    }

    // References, and elements that hold a URI; never a plain string that happens to look like one.
    private string? New(Element element, string text, string? within) => element.Type switch
    {
        "uri" or "url" or "oid" or "uuid" or "canonical" => _places.GetValueOrDefault(text),
        "string" when element is { Name: "reference", Parent.Type: "Reference" } => Place(text, within),
        "xhtml" => Narrative(text),
        _ => null,
    };

    /// <summary>Exact, with a version or fragment behind it, or relative to the base of the entry's own fullUrl.</summary>
    private string? Place(string reference, string? within)
    {
        if (_places.TryGetValue(reference, out var place)) return place;
        var end = reference.IndexOfAny(['#', '/'], Math.Max(0, reference.LastIndexOf(':')));
        if (reference.StartsWith("urn:", StringComparison.Ordinal)) return end > 0 && _places.TryGetValue(reference[..end], out place) ? place + reference[end..] : null;
        return within is not null && _places.TryGetValue(within + reference, out place) ? place : null;
    }

    // http://example.org/fhir/Patient/1 → http://example.org/fhir/
    private static string? BaseOf(string? fullUrl) =>
        fullUrl is not null && fullUrl.StartsWith("http", StringComparison.Ordinal) && fullUrl.Split('/') is { Length: > 4 } parts ? string.Join('/', parts[..^2]) + "/" : null;

    // Only what stands in an attribute is looked up: a narrative costs the same however many entries there are.
    private string? Narrative(string xhtml)
    {
        var changed = Link().Replace(xhtml, link => _places.TryGetValue(link.Groups["to"].Value, out var place) ? $"{link.Groups["before"].Value}{place}{link.Value[^1]}" : link.Value);
        return changed == xhtml ? null : changed;
    }

    [GeneratedRegex("(?<before>(href|src)=[\"'])(?<to>[^\"']*)[\"']", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Link();
}
