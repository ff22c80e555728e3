using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.FhirPath.Functions;

/// <summary>https://hl7.org/fhir/R4/references.html — what a Reference, canonical or uri points to, without reading anything.</summary>
internal static class References
{
    /// <summary>The contained resource, or what the context knows, or a stub with type and id as the text says; null when it says neither.</summary>
    public static Element? Target(Element reference, EvaluationContext context)
    {
        var isReference = reference.Type == "Reference";
        var text = isReference ? reference["reference"].Text : reference.Text;
        if (text is ['#', ..]) return Contained(reference, text);
        var found = text is null ? null : InBundle(reference, text) ?? context.Resolve?.Invoke(text);
        return found ?? Stub(text, isReference ? reference["type"].Text : null);
    }

    /// <summary>How many places must be looked at to find a target: the entries of the Bundle, or the children of the resource.</summary>
    public static int Breadth(Element from)
    {
        var top = from;
        while (top.Parent is { } parent) top = parent;
        return top.Children.Count;
    }

    private static Element? Contained(Element from, string text)
    {
        var container = Container(from);
        if (text.Length == 1) return container;
        foreach (var child in container.Children)
            if (child.Name == "contained" && child["id"].Text is { } id && text.AsSpan(1).SequenceEqual(id)) return child;
        return null;
    }

    /// <summary>The resource that an element stands in and that is itself contained in none: %rootResource.</summary>
    public static Element Container(Element from)
    {
        var resource = Resource(from);
        return resource is { Name: "contained", Parent: { } outer } ? Resource(outer) : resource;
    }

    /// <summary>The nearest resource upwards: %resource.</summary>
    public static Element Resource(Element from)
    {
        var at = from;
        while (at.Parent is { } parent && at.Definition.Kind != TypeKind.Resource) at = parent;
        return at;
    }

    // https://hl7.org/fhir/R4/bundle.html#references — by the fullUrl of an entry.
    private static Element? InBundle(Element from, string text)
    {
        var top = from;
        while (top.Parent is { } parent) top = parent;
        if (top.Type != "Bundle") return null;
        foreach (var entry in top.Children)
            if (entry.Name == "entry" && entry["fullUrl"].Text is { } url && IsNamed(url, text)) return entry["resource"] is { Exists: true } found ? found : null;
        return null;
    }

    private static bool IsNamed(string fullUrl, string reference) =>
        fullUrl == reference || (!reference.Contains(':', StringComparison.Ordinal) && fullUrl.EndsWith(reference, StringComparison.Ordinal) &&
                                 fullUrl.Length > reference.Length && fullUrl[^(reference.Length + 1)] == '/');

    private static Element? Stub(string? text, string? declared)
    {
        var (type, id) = Parts(text);
        var definition = type is not null ? DefinitionSet.R4.Type(type) : declared is not null && DefinitionSet.R4.IsResource(declared) ? DefinitionSet.R4.Type(declared) : null;
        if (definition is null) return null;
        var stub = new Element(definition.Name, definition);
        if (id is not null) stub.Add(new Element("id", DefinitionSet.R4.Type("id")!, id));
        return stub;
    }

    /// <summary>Type and id at the end of <c>Patient/1</c>, <c>http://host/fhir/Patient/1</c> or <c>Patient/1/_history/2</c>; nulls when it does not end so.</summary>
    public static (string? Type, string? Id) Parts(string? text)
    {
        if (text is null) return default;
        var end = text.IndexOf("/_history/", StringComparison.Ordinal) is var history and >= 0 ? history : text.Length;
        var slash = end == 0 ? -1 : text.LastIndexOf('/', end - 1);
        if (slash <= 0) return default;
        var before = text.LastIndexOf('/', slash - 1);
        var type = text[(before + 1)..slash];
        return DefinitionSet.R4.IsResource(type) ? (type, text[(slash + 1)..end]) : default;
    }
}
