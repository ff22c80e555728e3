using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Terminology;

namespace Fhir.Server.Core.Validation.Rules;

/// <summary>The codes in an element, whatever its type — https://hl7.org/fhir/R4/terminologies.html#4.1</summary>
internal static class Codes
{
    /// <summary>In when one of its codes is in the value set; Out when none is; Unknown when that cannot be told. Of an element without any code: Out.</summary>
    public static Membership In(Element element, string valueSet, Vocabulary vocabulary)
    {
        if (element.Type != "CodeableConcept") return One(element, valueSet, vocabulary);
        var best = Membership.Out;
        foreach (var child in element.Children)
        {
            if (child.Name != "coding") continue;
            var one = One(child, valueSet, vocabulary);
            if (one == Membership.In) return one;
            if (one == Membership.Unknown) best = one;
        }
        return best;
    }

    /// <summary>Whether it is of a type that a binding speaks of: of the types of a choice, the others are left alone.</summary>
    public static bool CanHave(Element element) => element.Definition.Primitive is Primitive.None
        ? element.Type is "CodeableConcept" or "Coding" or "Quantity"
        : element.Definition.Primitive is Primitive.Code or Primitive.String or Primitive.Uri && element.Text is not null;

    /// <summary>Whether there is any code to judge: not in a text alone, nor in an extension that says why there is none.</summary>
    public static bool HasAny(Element element) => element.Type switch
    {
        "CodeableConcept" => element.Each("coding").Any(HasAny),
        "Coding" or "Quantity" => element["code"].Text is not null,
        _ => element.Text is not null,
    };

    private static Membership One(Element element, string valueSet, Vocabulary vocabulary)
    {
        if (element.Definition.Kind is TypeKind.Primitive or TypeKind.System) return element.Text is { } text ? vocabulary.Contains(valueSet, null, null, text) : Membership.Out;
        return element["code"].Text is { } code ? vocabulary.Contains(valueSet, element["system"].Text, element["version"].Text, code) : Membership.Out;
    }
}
