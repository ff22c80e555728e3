using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;

namespace Fhir.Server.Api.Interactions;

/// <summary>Parts of a resource: <c>_summary</c> and <c>_elements</c> — https://hl7.org/fhir/R4/search.html#summary. What is left out is told by the tag SUBSETTED.</summary>
public static class Subset
{
    private static readonly TypeDefinition Coding = DefinitionSet.R4.Type("Coding")!;

    /// <summary>What of a resource is asked for where it is read: <c>_summary</c> and <c>_elements</c>.</summary>
    public readonly record struct Wanted(string? Summary, IReadOnlyList<string> Elements)
    {
        public bool IsWhole => Summary is null or "false" && Elements.Count == 0;
        public ResourceVersion Of(ResourceVersion version) => IsWhole ? version : Subset.Of(version, Summary, Elements);
    }

    /// <summary>Reads them from a query; more than one _elements are one list.</summary>
    public static Result<Wanted> Asked(IEnumerable<KeyValuePair<string, string>> query)
    {
        var (summary, elements) = ((string?)null, new List<string>());
        foreach (var (name, value) in query)
        {
            if (name == "_elements") elements.AddRange(value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
            if (name == "_summary" && value.Length > 0) summary = value;
        }
        return summary is null or "true" or "text" or "data" or "false" ? new Wanted(summary, elements) : new Issue(IssueKind.Invalid, "Of one resource _summary is true, text, data or false.", "_summary");
    }

    public static ResourceVersion Of(ResourceVersion version, string? summary, IReadOnlyList<string> elements) =>
        (summary is null or "false" && elements.Count == 0) || version.Body.IsEmpty ? version : version with { Body = Of(version.Body, summary, elements) };

    /// <summary>The same of a text.</summary>
    public static ReadOnlyMemory<byte> Of(ReadOnlyMemory<byte> body, string? summary, IReadOnlyList<string> elements)
    {
        if (JsonReader.Read(body, DefinitionSet.R4).Failed(out _, out var whole)) throw new InvalidDataException("A stored resource cannot be read.");
        var part = new Element(whole.Name, whole.Definition);
        part.Add(Meta(whole));
        foreach (var child in whole.Children.Where(c => c.Name != "meta" && IsKept(whole, c, summary, elements))) part.Add(summary == "true" ? Summarised(child) : child);
        return JsonWriter.Write(part);
    }

    private static bool IsKept(Element whole, Element child, string? summary, IReadOnlyList<string> elements)
    {
        if (child.Name == "id" || whole.Definition.Element(child.Name) is { Min: > 0 }) return true;
        return summary switch
        {
            "true" => whole.Definition.Element(child.Name) is { InSummary: true },
            "text" => child.Name == "text",
            "data" => child.Name != "text",
            _ => elements.Any(e => e == child.Name || e == $"{whole.Type}.{child.Name}"),
        };
    }

    // Below the top only backbones say of their elements whether these belong to a summary.
    private static Element Summarised(Element element)
    {
        if (element.Definition.Kind != TypeKind.Backbone || element.Children.Count == 0) return element;
        var part = new Element(element.Name, element.Definition, element.Text);
        foreach (var child in element.Children.Where(c => element.Definition.Element(c.Name) is { InSummary: true } or { Min: > 0 })) part.Add(Summarised(child));
        return part;
    }

    private static Element Meta(Element whole)
    {
        var meta = new Element("meta", DefinitionSet.R4.Type("Meta")!);
        foreach (var child in whole["meta"].Children) meta.Add(child);
        var tag = meta.Add(new Element("tag", Coding));
        tag.Add(new Element("system", Coding.Element("system")!.Types[0].Type, "http://terminology.hl7.org/CodeSystem/v3-ObservationValue"));
        tag.Add(new Element("code", Coding.Element("code")!.Types[0].Type, "SUBSETTED"));
        return meta;
    }
}
