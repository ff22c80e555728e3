using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.Validation;

/// <summary>Where a reference leads — https://hl7.org/fhir/R4/codesystem-resource-aggregation-mode.html</summary>
internal enum TargetPlace { Contained, Bundled, Outside }

/// <summary>Finds what references point to: contained resources, entries of the Bundle (by a table made once), and what the caller knows.</summary>
internal sealed class Targets(Func<string, Element?>? resolve)
{
    private Element? _bundle;
    private Dictionary<string, Element> _byUrl = [];

    /// <summary>The resource, or null when it is not at hand.</summary>
    public Element? Find(Element reference, out TargetPlace place)
    {
        place = TargetPlace.Outside;
        var text = reference.Definition.Kind == TypeKind.Primitive ? reference.Text : reference["reference"].Text;
        if (text is null) return null;
        if (text is ['#', ..])
        {
            place = TargetPlace.Contained;
            return Contained(Container(reference), text);
        }
        if (InBundle(reference, text) is { } entry)
        {
            place = TargetPlace.Bundled;
            return entry;
        }
        return resolve?.Invoke(text);
    }

    private static Element? Contained(Element container, string text)
    {
        if (text.Length == 1) return container;
        foreach (var child in container.Children)
            if (child.Name == "contained" && child["id"].Text is { } id && text.AsSpan(1).SequenceEqual(id)) return child;
        return null;
    }

    /// <summary>The resource an element stands in, the outer one where that is contained.</summary>
    public static Element Container(Element from)
    {
        var at = from;
        while (at.Parent is { } parent && (at.Definition.Kind != TypeKind.Resource || at.Name == "contained")) at = parent;
        return at;
    }

    /// <summary>The resource that an element is in or is.</summary>
    public static Element Resource(Element from)
    {
        var at = from;
        while (at.Parent is { } parent && at.Definition.Kind != TypeKind.Resource) at = parent;
        return at;
    }

    // https://hl7.org/fhir/R4/bundle.html#references
    private Element? InBundle(Element from, string text)
    {
        if (EntryOf(from, out var bundle) is not { } entry) return null;
        if (!ReferenceEquals(bundle, _bundle)) (_bundle, _byUrl) = (bundle, Urls(bundle!));
        if (_byUrl.GetValueOrDefault(Absolute(text, entry["fullUrl"].Text)) is { } found) return found;
        if (_byUrl.GetValueOrDefault(text) is { } literal) return literal;
        // Type/id where the entry is known by the URN of that id: often written, and meant so.
        return Reference.TryParse(text, out var reference) && reference is { Form: ReferenceForm.Relative, Id: { } id } ? _byUrl.GetValueOrDefault("urn:uuid:" + id) : null;
    }

    public static bool IsInBundle(Element element) => EntryOf(element, out _) is not null;

    private static Element? EntryOf(Element from, out Element? bundle)
    {
        for (var at = from; at.Parent is { } parent; at = parent)
        {
            if (at.Name != "entry" || parent.Type != "Bundle") continue;
            bundle = parent;
            return at;
        }
        bundle = null;
        return null;
    }

    private static Dictionary<string, Element> Urls(Element bundle)
    {
        var urls = new Dictionary<string, Element>(StringComparer.Ordinal);
        foreach (var entry in bundle.Children)
        {
            if (entry.Name != "entry" || entry["resource"] is not { Exists: true } resource) continue;
            if (entry["fullUrl"].Text is { } url) urls.TryAdd(url, resource);
            else if (resource["id"].Text is { } id) urls.TryAdd($"{resource.Type}/{id}", resource);
        }
        return urls;
    }

    /// <summary>A relative reference in an entry is meant from the base of that entry's own URL; without its version.</summary>
    public static string Absolute(string text, string? fullUrl)
    {
        if (!Reference.TryParse(text, out var reference)) return text;
        var bare = reference.Unversioned;
        if (reference.Form != ReferenceForm.Relative || fullUrl is null) return bare;
        return Reference.TryParse(fullUrl, out var own) && own.Base is { } start ? $"{start}/{bare}" : bare;
    }

    /// <summary>The type that a reference says it points to, or null when it says none.</summary>
    public static TypeDefinition? TypeOf(Element reference)
    {
        var text = reference.Definition.Kind == TypeKind.Primitive ? reference.Text : reference["reference"].Text;
        if (text is not null && Reference.TryParse(text, out var parsed) && parsed.Definition is { } type) return type;
        return reference["type"].Text is { } named ? DefinitionSet.R4.Resource(named) : null;
    }
}
