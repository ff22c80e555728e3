using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.FhirPath.Syntax;
using Fhir.Server.Core.Outcomes;

namespace Fhir.Server.Core.FhirPath;

/// <summary>
/// https://hl7.org/fhirpath/#type-safety-and-strict-evaluation — follows the types that a path may have, and finds names that
/// none of them knows. Null types are "cannot be told": only what is surely wrong is an issue.
/// </summary>
internal sealed class TypeCheck(bool strict)
{
    private Issue? _issue;

    /// <summary>What is surely wrong with the expression on a focus of that type, or null. Strict also refuses to take by place what has no order.</summary>
    public static Issue? Of(Node node, TypeDefinition focus, bool strict)
    {
        var check = new TypeCheck(strict);
        check.Types(node, [focus]);
        return check._issue;
    }

    private TypeDefinition[]? Types(Node node, TypeDefinition[]? self) => node switch
    {
        Special { Name: "this" } => self,
        Member { Source: null } start when char.IsAsciiLetterUpper(start.Name[0]) => Start(start, self),
        Member member => Children(member, member.Source is null ? self : Types(member.Source, self)),
        Indexer indexer => Both(indexer.Index, self, Types(Ordered(indexer.Source), self)),
        Union union => Together(union, self),
        TypeOperation { Sign: "as" } typed => Both(typed.Operand, self, Named(typed.TypeName)),
        TypeOperation typed => Both(typed.Operand, self, null),
        Negation negation => Both(negation.Operand, self, null),
        Binary binary => Both(binary.Left, self, Both(binary.Right, self, null)),
        Invocation call => Called(call, self),
        _ => null,
    };

    private TypeDefinition[]? Both(Node also, TypeDefinition[]? self, TypeDefinition[]? result)
    {
        Types(also, self);
        return result;
    }

    private static TypeDefinition[]? Named(string name) =>
        DefinitionSet.R4.Type(name.StartsWith("FHIR.", StringComparison.Ordinal) ? name[5..] : name) is { } type ? [type] : null;

    private TypeDefinition[]? Start(Member start, TypeDefinition[]? self)
    {
        if (DefinitionSet.R4.Type(start.Name) is not { } type || self is null) return Named(start.Name);
        var possible = self.Any(t => DefinitionSet.R4.IsA(t, type.Name) || DefinitionSet.R4.IsA(type, t.Name));
        if (!possible) Fail(start, "The focus is never of this type.");
        return self.Any(t => DefinitionSet.R4.IsA(t, type.Name)) ? self : [type];
    }

    private TypeDefinition[]? Children(Member member, TypeDefinition[]? parents)
    {
        if (parents is null || parents.Any(t => t.IsAbstract || t.Kind == TypeKind.System)) return null;
        var elements = parents.Select(t => t.Element(member.Name)).OfType<ElementDefinition>().ToList();
        if (elements.Count == 0) Fail(member, "There is no element of that name.");
        return [.. elements.SelectMany(e => e.Types).Select(t => t.Type).Distinct()];
    }

    private TypeDefinition[]? Together(Union union, TypeDefinition[]? self)
    {
        var parts = union.Parts.Select(part => Types(part, self)).ToList();
        return parts.Exists(part => part is null) ? null : [.. parts.SelectMany(part => part!).Distinct()];
    }

    private TypeDefinition[]? Called(Invocation call, TypeDefinition[]? self)
    {
        var input = call.Source is null ? self : Types(call.Name is "first" or "last" or "tail" or "skip" or "take" ? Ordered(call.Source) : call.Source, self);
        switch (call.Name)
        {
            case "ofType" or "as": return call.Arguments is [Member { Source: null } type] ? Named(type.Name) : null;
            case "is": return null;
            case "where" or "all" or "exists" or "trace" or "sort" or "defineVariable":
                foreach (var argument in call.Arguments) Types(argument, input);
                return call.Name is "where" or "trace" or "sort" or "defineVariable" ? input : null;
            case "select": return call.Arguments is [var projection] ? Types(projection, input) : null;   // how many there may be, the compiler says
            case "repeat" or "repeatAll" or "aggregate" or "iif": return null;
            case "extension": return Named("Extension");
            case "startsWith" or "endsWith" or "contains" or "matches" or "upper" or "lower" or "length" when input is { Length: > 0 } && input.All(t => t.Kind != TypeKind.Primitive && t.Kind != TypeKind.System):
                Fail(call, "The function takes a string.");
                return null;
        }
        foreach (var argument in call.Arguments) Types(argument, self);
        return call.Name is "first" or "last" or "tail" or "skip" or "take" or "single" or "distinct" or "intersect" or "exclude" ? input : null;
    }

    // https://hl7.org/fhirpath/#children--collection — "the ordering of the children is undefined".
    private Node Ordered(Node source)
    {
        for (var node = source; strict && node is not null; node = Source(node))
            if (node is Invocation { Name: "children" or "descendants" }) Fail(node, "What it finds has no order.");
            else if (node is Invocation { Name: "sort" }) break;
        return source;
    }

    private static Node? Source(Node node) => node switch
    {
        Member member => member.Source,
        Invocation call => call.Source,
        _ => null,
    };

    private void Fail(Node node, string why) =>
        _issue ??= new Issue(IssueKind.Invalid, $"The FHIRPath expression cannot be used, at character {node.At + 1}: {why}");
}
