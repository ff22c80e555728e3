using System.Collections.Frozen;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Validation.Resources;

namespace Fhir.Server.Core.Validation.Rules;

/// <summary>What R4 demands of certain types in prose, where no ElementDefinition says it.</summary>
internal static class OwnRules
{
    private static readonly FrozenDictionary<string, Rule[]> ByType = new Dictionary<string, Rule[]>(StringComparer.Ordinal)
    {
        ["Extension"] = [new ExtensionUse()],
        ["Narrative"] = [new NarrativeText()],
        ["Reference"] = [new BundledReference()],
        ["Attachment"] = [new AttachmentSize()],
        ["Coding"] = [new KnownCode()],
        ["Bundle"] = [new BundleEntries()],
        ["QuestionnaireResponse"] = [new QuestionnaireAnswers()],
        ["Measure"] = [new MeasureCriteria()],
        ["StructureDefinition"] = [new ProfileChecks()],
        ["MeasureReport"] = [new MeasureGroups()],
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static Rule[] Of(TypeDefinition type) => ByType.GetValueOrDefault(type.Name, []);
}
