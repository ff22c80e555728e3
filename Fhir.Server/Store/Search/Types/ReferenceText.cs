using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Search.Types;

/// <summary>reference — https://hl7.org/fhir/R4/search.html#reference: to a resource of this server, or to anything else by its URL.</summary>
internal static class ReferenceText
{
    /// <summary>Makes the index rows; false when there is nothing to refer to.</summary>
    public static bool Index(Element element, SearchParameter parameter, IndexEntries to, SearchCatalog catalog, ServerBases bases)
    {
        var p = parameter.Numbers[0];
        if (element.Definition.Kind == TypeKind.Resource) return IndexEntry(element, parameter, to);
        CodeText.Index(element, p, to, catalog.Hash);
        var identified = element["identifier"] is { Exists: true } identifier && Token.Index(identifier, p, to, catalog);
        if (TextOf(element) is not { Length: > 0 } text) return identified;
        if (text[0] == '#') return true;   // contained: it is there, but nothing outside finds it
        if (element.Type != "canonical" && Local(text, bases) is { } key)
        {
            to.References.Add((p, key));
            return true;
        }
        foreach (var name in Names(text)) to.ExternalReferences.Add((p, External(name, catalog.Hash)));
        return true;
    }

    /// <summary>The text of a Reference, a canonical or a uri.</summary>
    public static string? TextOf(Element element) => element.Type == "Reference" ? element["reference"].Text : element.Text;

    /// <summary>The resource of this server that a reference names: <c>Patient/1</c>, with our own base before it or a version behind it. Null for all else.</summary>
    public static ResourceKey? Local(string text, ServerBases bases) =>
        Reference.TryParse(text, out var reference) && reference is { Type: { } type, Id: { } id } && (reference.Form == ReferenceForm.Relative || bases.Own(reference.Base))
            ? new(type, id)
            : null;

    /// <summary>The value that stands for anything else in ix_ref: negative, as no rid is.</summary>
    public static long External(string url, KeyedHash hash) => hash.Of('u', Reference.TryParse(url, out var reference) ? reference.Unversioned : url) | long.MinValue;

    /// <summary>A canonical is found with its version and without; anything else by itself.</summary>
    public static IEnumerable<string> Names(string url) =>
        url.IndexOf('|', StringComparison.Ordinal) is var bar and > 0 ? [url, url[..bar]] : [url];

    /// <summary>How a reference stands in a composite: a local one as <c>Type/id</c>.</summary>
    public static IEnumerable<long> Hashes(Element element, SearchCatalog catalog, ServerBases bases)
    {
        if (TextOf(element) is not { Length: > 0 } text || text[0] == '#') return [];
        return Local(text, bases) is { } key ? [Hash(key, catalog.Hash)] : Names(text).Select(name => External(name, catalog.Hash));
    }

    public static long Hash(ResourceKey key, KeyedHash hash) => hash.Of('r', key.Type, key.Id);

    // Bundle.entry[0].resource: the resource inside stands for the one of its id.
    private static bool IndexEntry(Element resource, SearchParameter parameter, IndexEntries to)
    {
        if (!parameter.Targets.Contains(resource.Type, StringComparer.Ordinal) || resource["id"].Text is not { } id) return false;
        to.References.Add((parameter.Numbers[0], new(resource.Type, id)));
        return true;
    }
}

/// <summary>A searched reference; Type is the one that its modifier names (<c>subject:Patient=1</c>).</summary>
internal sealed record ReferenceValue(string Text, string? Type) : SearchValue("ix_ref")
{
    public override bool IsPoint => Text.Contains('/', StringComparison.Ordinal) || Type is not null;

    public override Sql Where(SearchParameter parameter, Lookup lookup)
    {
        if (ReferenceText.Local(Text, lookup.Bases) is { } key)
            return Allows(parameter, key.Type) ? Sql.Of($"i.t = (select x.rid from res x where x.typ = {AccessTable.Number(key.Type)} and x.fid = {key.Id})") : Sql.False;
        var external = Sql.Of($"i.t = {ReferenceText.External(Text, lookup.Hash)}");
        if (!Reference.IsId(Text)) return external;
        if (Type is not null) return Sql.Of($"i.t = (select x.rid from res x where x.typ = {AccessTable.Number(Type)} and x.fid = {Text})");
        var types = (parameter.Targets.Count > 0 ? parameter.Targets : lookup.Catalog.Definitions.ResourceTypes).Select(t => (long)AccessTable.Number(t)).ToList();
        return Sql.Of($"i.t in (select x.rid from res x where {Sql.In("x.typ", types)} and x.fid = {Text} union all select {ReferenceText.External(Text, lookup.Hash)})");
    }

    /// <summary>What the value is in a composite.</summary>
    public IReadOnlyList<long> Hashes(IReadOnlyList<string> targets, Lookup lookup)
    {
        if (ReferenceText.Local(Text, lookup.Bases) is { } key) return [ReferenceText.Hash(key, lookup.Hash)];
        var external = ReferenceText.External(Text, lookup.Hash);
        return Reference.IsId(Text) ? [.. targets.Select(t => ReferenceText.Hash(new(t, Text), lookup.Hash)), external] : [external];
    }

    private bool Allows(SearchParameter parameter, string type) =>
        (Type is null || type == Type) && (parameter.Targets.Count == 0 || parameter.Targets.Contains(type, StringComparer.Ordinal));
}
