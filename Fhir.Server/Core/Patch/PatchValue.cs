using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Outcomes;

namespace Fhir.Server.Core.Patch;

/// <summary>Makes the element that a part of an operation describes: a value, a resource, or an element without a type name of its own, told in parts.</summary>
internal static class PatchValue
{
    /// <summary>What the operation's part value describes, for that slot of the parent.</summary>
    public static Result<Element> Make(PatchOperation operation, Element parent, ElementDefinition slot)
    {
        if (Described(operation, operation.Value, slot).Failed(out var issue, out var made)) return issue;
        return DepthOf(parent) + HeightOf(made) <= JsonReader.MaxDepth ? made : operation.Unfit("The resource becomes too deep.");
    }

    private static Result<Element> Described(PatchOperation operation, Element part, ElementDefinition slot)
    {
        if (part["value"] is { Exists: true } value) return OfValue(operation, value, slot);
        if (part["resource"] is { Exists: true } resource) return OfResource(operation, resource, slot);
        return part["part"].Exists ? OfParts(operation, part, slot) : operation.Unfit($"There is no value for {slot.Name}.");
    }

    private static Result<Element> OfValue(PatchOperation operation, Element value, ElementDefinition slot)
    {
        foreach (var allowed in slot.Types)
            if (ReferenceEquals(allowed.Type, value.Definition)) return Copy(value, slot.Name, value.Definition, slot);
        if (slot.Types is [var only] && Becomes(value, only.Type)) return Copy(value, slot.Name, only.Type, slot);
        return operation.Unfit($"{slot.Name} cannot be a {value.Type}: {string.Join(", ", slot.Types.Take(10).Select(t => t.Type.Name))}{(slot.Types.Count > 10 ? ", ..." : "")}.");
    }

    // Parameters have no value of every type (no xhtml, no SimpleQuantity), and clients write valueString where a code is meant.
    private static bool Becomes(Element value, TypeDefinition type)
    {
        if (value.Definition.Kind != TypeKind.Primitive || type.Kind != TypeKind.Primitive)
            return DefinitionSet.R4.IsA(value.Definition, type.Name) || (type.Kind == TypeKind.Complex && DefinitionSet.R4.IsA(type, value.Type));
        return (IsNumber(type), IsNumber(value.Definition)) switch
        {
            (true, true) => type.Primitive == Primitive.Decimal || value.Definition.Primitive != Primitive.Decimal,
            (false, false) => type.Primitive != Primitive.Boolean && value.Definition.Primitive != Primitive.Boolean,
            (true, false) or (false, true) => false,
        };
    }

    private static bool IsNumber(TypeDefinition type) => type.Primitive is Primitive.Decimal or Primitive.Integer or Primitive.PositiveInt or Primitive.UnsignedInt;

    private static Result<Element> OfResource(PatchOperation operation, Element resource, ElementDefinition slot) =>
        slot.Types.Any(t => DefinitionSet.R4.IsA(resource.Definition, t.Type.Name))
            ? Copy(resource, slot.Name, resource.Definition, slot)
            : operation.Unfit($"{slot.Name} cannot be a resource of that type.");

    private static Result<Element> OfParts(PatchOperation operation, Element part, ElementDefinition slot)
    {
        if (slot.Types is not [{ Type: { Kind: TypeKind.Backbone or TypeKind.Complex } type }]) return operation.Unfit($"{slot.Name} cannot be told in parts.");
        var made = new Element(slot.Name, type) { Slot = slot };
        foreach (var inner in part.Each("part"))
        {
            if (inner["name"].Text is not { } name || PatchEdits.SlotOf(type, name) is not { } child) return operation.Unfit($"{type.Name} has no element of the name that a part has.");
            if (child.Max <= 1 && made[child.Name].Exists) return operation.Unfit($"{child.Name} stands there twice.");
            if (Described(operation, inner, child).Failed(out var issue, out var element)) return issue;
            made.Insert(PatchEdits.PlaceOf(child, made), element);
        }
        return made;
    }

    private static int DepthOf(Element element) => element.Parent is { } parent ? DepthOf(parent) + 1 : 1;

    private static int HeightOf(Element element) => 1 + element.Children.Select(HeightOf).DefaultIfEmpty().Max();

    // Not Element.Copy: a value may become an element of another type than it came as, and its children then those of that type.
    private static Element Copy(Element element, string name, TypeDefinition type, ElementDefinition? slot)
    {
        var copy = new Element(name, type, element.Text) { Slot = slot };
        foreach (var child in element.ChildSpan) copy.Add(Copy(child, child.Name, child.Definition, type.Element(child.Name)));
        return copy;
    }
}
