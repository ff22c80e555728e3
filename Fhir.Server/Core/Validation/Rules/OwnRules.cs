using System.Collections.Frozen;
using Fhir.Server.Core.Definitions;

namespace Fhir.Server.Core.Validation.Rules;

/// <summary>What R4 demands of certain types in prose, where no ElementDefinition says it.</summary>
internal static class OwnRules
{
    private static readonly FrozenDictionary<string, Rule[]> ByType = new Dictionary<string, Rule[]>(StringComparer.Ordinal)
    {
        ["Extension"] = [new ExtensionUse()],
        ["Narrative"] = [new NarrativeText()],
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static Rule[] Of(TypeDefinition type) => ByType.GetValueOrDefault(type.Name, []);
}
