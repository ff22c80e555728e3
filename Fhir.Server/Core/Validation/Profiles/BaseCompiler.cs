using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Validation.Rules;

namespace Fhir.Server.Core.Validation.Profiles;

/// <summary>What R4 demands of a type beyond its structure: of an element of it, and of each of its children (by their place in the type).</summary>
internal sealed record TypeRules(Rule[] Self, Rule[][] Children);

/// <summary>Makes the rules of R4's own types. What <see cref="StructureCheck"/> proves already is left out.</summary>
internal static class BaseCompiler
{
    public static TypeRules Compile(TypeDefinition type, Schemas schemas)
    {
        var children = new Rule[type.Elements.Count][];
        var tree = schemas.Tree(type);
        foreach (var element in type.Elements)
            children[element.Index] = tree?.Child(element.Name) is { Children.Count: 0 } child ? [.. ElementRules.OfBase(child, element, schemas)] : [];
        Rule[] self = [.. tree is null ? [] : ConstraintRules.Of(tree, [], Errata.R4), .. OwnRules.Of(type)];
        return new(self, children);
    }
}
