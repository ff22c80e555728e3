using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Validation.Profiles;

namespace Fhir.Server.Core.Validation.Rules;

/// <summary>What a reference may point to, where that stands, and in which version — https://hl7.org/fhir/R4/references.html</summary>
internal sealed class ReferenceTargets(TypeDefinition[] types, string[] profiles, string[] places, string? versioning) : Rule
{
    public override string Demand => $"to {string.Join(" or ", profiles.Length > 0 ? profiles : types.Select(type => type.Name))}{string.Concat(places.Append(versioning).OfType<string>().Select(word => $", {word}"))}";

    public static ReferenceTargets? Of(Definition definition, Schemas schemas)
    {
        if (definition.Types.FirstOrDefault(t => Definition.TypeCode(t) == "Reference") is null) return null;
        var references = definition.Types.Where(t => Definition.TypeCode(t) == "Reference").ToList();
        var targets = Targets(references).ToList();
        if (targets.Contains(Schemas.Core + "Resource")) targets.Clear();
        var types = targets.Select(t => TypeOf(t, schemas)).ToList();
        var places = references.SelectMany(t => t.Each("aggregation")).Select(a => a.Text!).ToArray();
        var versioning = references.Select(t => t["versioning"].Text).FirstOrDefault(v => v is "specific" or "independent");
        if (targets.Count == 0 && places.Length == 0 && versioning is null) return null;
        var profiles = targets.Where(t => Schemas.CoreType(t) is null).ToArray();
        return new(types.Contains(null) ? [] : [.. types.OfType<TypeDefinition>()], profiles.Length == 0 ? [] : [.. targets], places, versioning);
    }

    public static bool Same(Definition one, Definition other) => Told(one).SetEquals(Told(other));

    private static HashSet<string> Told(Definition definition)
    {
        var references = definition.Types.Where(t => Definition.TypeCode(t) == "Reference").ToList();
        return [.. Targets(references), .. references.SelectMany(t => t.Children).Where(c => c.Name is "aggregation" or "versioning").Select(c => c.Text!)];
    }

    private static IEnumerable<string> Targets(IEnumerable<Element> types) => types.SelectMany(t => t.Each("targetProfile")).Select(t => t.Text).OfType<string>();

    private static TypeDefinition? TypeOf(string canonical, Schemas schemas) =>
        Schemas.CoreType(canonical) ?? (schemas.Conformance.Find("StructureDefinition", canonical)?["type"].Text is { } name ? DefinitionSet.R4.Type(name) : null);

    public override void Check(Element element, Judging judging)
    {
        if (element.Type != "Reference") return;
        var target = profiles.Length > 0 || places.Length > 0 || element["reference"].Text is not (null or [not ('#' or 'u'), ..])
            ? judging.Targets.Find(element, out var place) : Nowhere(out place);
        if (places.Length > 0 && element["reference"].Exists && !IsAllowed(place)) judging.Add(element, "structure", $"The reference must be {string.Join(" or ", places)}.");
        if (versioning is not null && element["reference"].Text is { } text && Reference.TryParse(text, out var reference) && reference.Version is null == (versioning == "specific"))
            judging.Add(element, "structure", $"The reference must be {(versioning == "specific" ? "to one version" : "without a version")}.");
        var type = target?.Definition ?? Validation.Targets.TypeOf(element);
        if (types.Length > 0 && type is not null && !IsAllowed(type)) judging.Add(element, "structure", $"The reference is to a {type.Name}, and may be to {string.Join(", ", types.Select(t => t.Name).Distinct())} only.");
        else if (profiles.Length > 0 && target is not null && !Follows(target, judging)) judging.Add(element, "structure", $"What the reference points to follows none of the profiles {string.Join(", ", profiles)}.");
    }

    private static Element? Nowhere(out TargetPlace place)
    {
        place = TargetPlace.Outside;
        return null;
    }

    private bool IsAllowed(TargetPlace place) => place switch
    {
        TargetPlace.Contained => places.Contains("contained"),
        TargetPlace.Bundled => places.Contains("bundled") || places.Contains("referenced"),
        TargetPlace.Outside => places.Contains("referenced"),
    };

    private bool IsAllowed(TypeDefinition type) => Array.Exists(types, allowed => ReferenceEquals(allowed, type) || DefinitionSet.R4.IsA(type, allowed.Name));

    // A profile that is not loaded may be the one that it follows.
    private bool Follows(Element target, Judging judging) =>
        Array.Exists(profiles, profile => judging.Schemas.Find(profile) is not { } schema || judging.Conforms(target, schema));
}
