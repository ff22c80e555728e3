using System.Globalization;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Validation.Rules;

namespace Fhir.Server.Core.Validation.Profiles;

/// <summary>What one ElementDefinition demands of the element itself (its children and slices are the compiler's) — https://hl7.org/fhir/R4/elementdefinition.html</summary>
internal static class ElementRules
{
    private const string MinLength = "http://hl7.org/fhir/StructureDefinition/minLength";
    private const string NarrativeLanguage = "http://hl7.org/fhir/StructureDefinition/narrative-language-control";
    // What R5 has as elements of ElementDefinition is written so in R4: https://hl7.org/fhir/R5/versions.html#extensions
    private const string MustHaveValue = "http://hl7.org/fhir/5.0/StructureDefinition/extension-ElementDefinition.mustHaveValue";
    private const string ValueAlternatives = "http://hl7.org/fhir/5.0/StructureDefinition/extension-ElementDefinition.valueAlternatives";

    /// <summary>An element of R4 itself.</summary>
    public static IEnumerable<Rule> OfBase(Definition definition, ElementDefinition slot, Schemas schemas)
    {
        foreach (var rule in ValueRules(definition)) yield return rule;
        if (AllowedTypes.WithProfiles(definition) is { } types) yield return types;
        if (ReferenceTargets.Of(definition, schemas) is { } targets) yield return targets;
        if (!IsProven(slot) && Binding.Of(definition) is { } binding) yield return binding;
        if (definition.Raw["contentReference"].Exists) yield break;
        foreach (var rule in ConstraintRules.Of(definition, [.. TypeRoots(definition, schemas)], Errata.R4)) yield return rule;
    }

    /// <summary>An element of a profile: what R4 (or the element that it slices) demands already is left out.</summary>
    public static IEnumerable<Rule> OfProfile(Definition definition, ElementDefinition? slot, IReadOnlyList<Definition> against, Schemas schemas)
    {
        if (AllowedTypes.Narrower(definition, slot) is { } types) yield return types;
        foreach (var rule in ValueRules(definition)) yield return rule;
        if (!against.Any(other => ReferenceTargets.Same(definition, other)) && ReferenceTargets.Of(definition, schemas) is { } targets) yield return targets;
        if (!against.Any(other => Binding.Same(definition, other)) && Binding.Of(definition) is { } binding) yield return binding;
        foreach (var rule in ConstraintRules.Of(definition, [.. against, .. TypeRoots(definition, schemas)], Errata.None)) yield return rule;
    }

    // A code of a listed value set is judged with the structure.
    private static bool IsProven(ElementDefinition slot) =>
        slot.Codes is { IsEnumerated: true } && slot.Types.All(t => t.Type.Name is "code" or "CodeableConcept");

    private static IEnumerable<Rule> ValueRules(Definition definition)
    {
        var raw = definition.Raw;
        if (raw["fixed"] is { Exists: true } exact) yield return new FixedValue(exact);
        if (raw["pattern"] is { Exists: true } pattern) yield return new PatternValue(pattern);
        if (raw["minValue"] is { Exists: true } least) yield return new ValueBounds(least, isLeast: true);
        if (raw["maxValue"] is { Exists: true } most) yield return new ValueBounds(most, isLeast: false);
        var shortest = Extended(raw, MinLength).FirstOrDefault();
        if (raw["maxLength"].Text is not null || shortest is not null)
            yield return new TextLength(Number(shortest) ?? 0, Number(raw["maxLength"].Text) ?? int.MaxValue);
        if (Extended(raw, MustHaveValue).Contains("true")) yield return new PrimitiveValue(required: true);
        if (Extended(raw, ValueAlternatives) is { Count: > 0 } alternatives) yield return new ValueOrExtension([.. alternatives]);
        if (Extended(raw, NarrativeLanguage) is { Count: > 0 } languages) yield return new NarrativeLanguages([.. languages]);
    }

    private static List<string> Extended(Element raw, string url) =>
        [.. raw.Each("extension").Where(e => e["url"].Text == url).Select(e => e["value"].Text).OfType<string>()];

    private static int? Number(string? text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static IEnumerable<Definition> TypeRoots(Definition definition, Schemas schemas)
    {
        foreach (var type in definition.Types)
            if (Definition.TypeCode(type) is { } code && schemas.Tree(Schemas.Core + code) is { } root) yield return root;
    }
}
