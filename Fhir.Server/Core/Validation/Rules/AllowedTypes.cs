using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Validation.Profiles;

namespace Fhir.Server.Core.Validation.Rules;

/// <summary>Which types an element may have, and which profiles those follow — https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.type</summary>
internal sealed class AllowedTypes : Rule
{
    private readonly string[] _codes;
    private readonly (string Code, string[] Profiles)[] _profiled;

    private AllowedTypes(string[] codes, (string Code, string[] Profiles)[] profiled) => (_codes, _profiled) = (codes, profiled);

    public override string Demand => string.Join("; ", _codes.Select(code => $"may be {code}").Concat(_profiled.Select(p => $"{p.Code} as {string.Join(" or ", p.Profiles)}")));

    /// <summary>The profiles alone; null when there are none.</summary>
    public static AllowedTypes? WithProfiles(Definition definition) => Profiled(definition) is { Length: > 0 } profiled ? new([], profiled) : null;

    /// <summary>What goes beyond the types that R4 allows there; null when nothing does.</summary>
    public static AllowedTypes? Narrower(Definition definition, ElementDefinition? slot)
    {
        var codes = definition.Types.Select(Definition.TypeCode).OfType<string>().Where(code => !code.StartsWith("http:", StringComparison.Ordinal)).Distinct(StringComparer.Ordinal).ToArray();
        var allowed = slot?.Types.Where(t => t.Type.Kind != TypeKind.Backbone).Select(t => t.Type.Name).ToArray() ?? [];
        if (allowed.All(codes.Contains)) codes = [];
        var profiled = Profiled(definition);
        return codes.Length > 0 || profiled.Length > 0 ? new(codes, profiled) : null;
    }

    private static (string, string[])[] Profiled(Definition definition) =>
    [
        .. definition.Types.Where(t => t["profile"].Exists).GroupBy(t => Definition.TypeCode(t) ?? "", StringComparer.Ordinal)
            .Select(g => (g.Key, g.SelectMany(t => t.Each("profile")).Select(p => p.Text).OfType<string>().ToArray())),
    ];

    public static bool IsOneOf(Element element, string[] codes) => Array.Exists(codes, code => DefinitionSet.R4.IsA(element.Definition, code));

    public override void Check(Element element, Judging judging)
    {
        if (_codes.Length > 0 && !IsOneOf(element, _codes)) judging.Add(element, "structure", $"A {element.Type} is not allowed here, only {string.Join(", ", _codes)}.");
        foreach (var (code, profiles) in _profiled)
            if (DefinitionSet.R4.IsA(element.Definition, code)) Follow(element, profiles, judging);
    }

    private static void Follow(Element element, string[] profiles, Judging judging)
    {
        var schemas = profiles.Select(judging.Schemas.Find).ToList();
        if (schemas is [{ } only]) judging.Conform(element, only);
        else if (schemas.Contains(null)) Unknown(element, profiles[schemas.IndexOf(null)], judging);
        else if (!schemas.Exists(schema => judging.Conforms(element, schema!))) judging.Add(element, "structure", $"The element follows none of the profiles {string.Join(", ", profiles)}.");
    }

    // An extension that is not loaded is told of by ExtensionUse.
    private static void Unknown(Element element, string profile, Judging judging)
    {
        if (element.Type != "Extension") judging.Add(element, "not-found", $"The profile {profile} is not loaded, so the element is not judged by it.", Outcomes.Severity.Warning);
    }
}
