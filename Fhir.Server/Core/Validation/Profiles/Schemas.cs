using System.Collections.Concurrent;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Packages;
using Fhir.Server.Core.Terminology;
using Fhir.Server.Core.Validation.Rules;
using Snapshot = Fhir.Server.Core.Validation.Snapshots.Snapshot;

namespace Fhir.Server.Core.Validation.Profiles;

/// <summary>All rules made so far, each made when it is first asked for.</summary>
internal sealed class Schemas(Conformance conformance, Vocabulary vocabulary)
{
    public const string Core = "http://hl7.org/fhir/StructureDefinition/";

    private readonly ConcurrentDictionary<string, Schema> _named = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Element, Schema> _schemas = new();
    private readonly ConcurrentDictionary<Element, Definition?> _trees = new();
    private readonly ConcurrentDictionary<TypeDefinition, TypeRules> _types = new();

    public Conformance Conformance => conformance;
    public Vocabulary Vocabulary => vocabulary;

    /// <summary>The rules of a profile by its canonical; null when it is not loaded. Canonicals come from callers: what they make up (a version too) is not kept.</summary>
    public Schema? Find(string canonical)
    {
        if (_named.TryGetValue(canonical, out var known)) return known;
        if (CoreType(canonical) is { } type) return _named.GetOrAdd(Core + type.Name, url => new Schema(url, type, new Node()));
        if (conformance.Find("StructureDefinition", canonical) is not { } found) return null;
        var schema = _schemas.GetOrAdd(found, source => new SchemaCompiler(this, source).Compile(source["url"].Text!));
        return found["url"].Text == canonical ? _named.GetOrAdd(canonical, schema) : schema;
    }

    /// <summary>What R4 itself demands of a type beyond its structure.</summary>
    public TypeRules OfType(TypeDefinition type) => _types.TryGetValue(type, out var known) ? known : _types.GetOrAdd(type, BaseCompiler.Compile(type, this));

    /// <summary>The definitions of a profile or type as a tree; null when it is not loaded or has no snapshot.</summary>
    public Definition? Tree(string canonical) => conformance.Find("StructureDefinition", canonical) is { } found ? TreeOf(found) : null;

    public Definition? TreeOf(Element profile) => _trees.GetOrAdd(profile, Planted);

    /// <summary>R4's own definition of a type, <c>Patient.contact</c> too.</summary>
    public Definition? Tree(TypeDefinition type) => At(type.Name);

    /// <summary>What R4 says of an element of a profile, by the path that its snapshot gives as its base.</summary>
    public Definition? CoreOf(Definition definition) => definition.Raw["base"]["path"].Text is { } path ? At(path) : null;

    private Definition? At(string path)
    {
        var names = path.Split('.');
        var definition = Tree(Core + names[0]);
        for (var i = 1; i < names.Length; i++) definition = definition?.Child(names[i].EndsWith("[x]", StringComparison.Ordinal) ? names[i][..^3] : names[i]);
        return definition;
    }

    public bool? MemberOf(Element coded, string valueSet) => Codes.In(coded, valueSet, vocabulary) switch
    {
        Membership.In => true,
        Membership.Out => false,
        Membership.Unknown => null,
    };

    public bool? Subsumes(Element wide, Element narrow) => vocabulary.Subsumes(wide, narrow);

    /// <summary>The R4 type that a canonical names, or null when it is a profile's.</summary>
    public static TypeDefinition? CoreType(string canonical)
    {
        var bar = canonical.IndexOf('|', StringComparison.Ordinal);
        var url = bar < 0 ? canonical : canonical[..bar];
        if (!url.StartsWith(Core, StringComparison.Ordinal)) return null;
        return DefinitionSet.R4.Type(url[Core.Length..]) is { Kind: not TypeKind.Backbone } type ? type : null;
    }

    private Definition? Planted(Element profile) =>
        Snapshot.Of(profile, conformance).Failed(out _, out var snapshot) ? null : DefinitionTree.Of(profile, snapshot);
}
