using System.Text;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;

namespace Fhir.Server.Core.Patch;

/// <summary>Does one operation on a tree of its own; null when it is done.</summary>
internal static class PatchEdits
{
    public static Issue? Add(PatchOperation operation, Element target)
    {
        if (SlotOf(target.Definition, operation.Name) is not { } slot) return operation.Unfit($"{target.Type} has no element of that name.");
        if (slot.Max <= 1 && target[slot.Name].Exists) return operation.Unfit($"{slot.Name} is there already: it can be replaced, not added.");
        if (PatchValue.Make(operation, target, slot).Failed(out var issue, out var made)) return issue;
        target.Insert(PlaceOf(slot, target), made);
        return null;
    }

    public static Issue? Insert(PatchOperation operation, Element[] targets)
    {
        if (ListOf(operation, targets).Failed(out var issue, out var list)) return issue;
        if (operation.Index < 0 || operation.Index > targets.Length) return operation.Unfit("The index is past the end of the list.");
        if (PatchValue.Make(operation, list.Parent, list.Slot).Failed(out issue, out var made)) return issue;
        var at = operation.Index < targets.Length ? IndexOf(targets[operation.Index]) : IndexOf(targets[^1]) + 1;
        list.Parent.Insert(at, made);
        return null;
    }

    // What is left without any content goes too: FHIR knows no empty elements.
    public static Issue? Delete(PatchOperation operation, Element target)
    {
        if (target.Parent is not { } parent) return operation.Unfit("The resource itself cannot be deleted by a patch.");
        parent.RemoveAt(IndexOf(target));
        var isHollow = parent is { Children.Count: 0, Text: null, Definition.Kind: not TypeKind.Resource };
        return isHollow ? Delete(operation, parent) : null;
    }

    public static Issue? Replace(PatchOperation operation, Element target)
    {
        if (target.Parent is not { } parent) return operation.Unfit("The resource itself cannot be replaced by a patch.");
        if (parent.Definition.Element(target.Name) is not { } slot) return operation.Unfit("Its path finds what cannot be replaced.");
        if (PatchValue.Make(operation, parent, slot).Failed(out var issue, out var made)) return issue;
        var at = IndexOf(target);
        parent.RemoveAt(at);
        parent.Insert(at, made);
        return null;
    }

    public static Issue? Move(PatchOperation operation, Element[] targets)
    {
        if (ListOf(operation, targets).Failed(out var issue, out var list)) return issue;
        if (operation.Source < 0 || operation.Source >= targets.Length) return operation.Unfit("The source is past the end of the list.");
        if (operation.Destination < 0 || operation.Destination >= targets.Length) return operation.Unfit("The destination is past the end of the list.");
        var (from, to) = (IndexOf(targets[operation.Source]), IndexOf(targets[operation.Destination]));
        list.Parent.RemoveAt(from);
        list.Parent.Insert(to, targets[operation.Source]);
        return null;
    }

    /// <summary>The element of that name: <c>deceased</c> as FHIRPath has it, or <c>deceasedBoolean</c>.</summary>
    public static ElementDefinition? SlotOf(TypeDefinition type, string name) => type.Element(name) ?? type.Property(Encoding.UTF8.GetBytes(name))?.Element;

    /// <summary>Where a child of that slot comes: behind the last of its name, or before the first whose turn comes later in the type.</summary>
    public static int PlaceOf(ElementDefinition slot, Element parent)
    {
        var children = parent.Children;
        for (var i = children.Count - 1; i >= 0; i--)
            if (children[i].Name == slot.Name) return i + 1;
        for (var i = 0; i < children.Count; i++)
            if (parent.Definition.Element(children[i].Name) is { } other && other.Index > slot.Index) return i;
        return children.Count;
    }

    // The path of insert and move leads to a whole list: all elements of one name in one element.
    private static Result<(Element Parent, ElementDefinition Slot)> ListOf(PatchOperation operation, Element[] targets)
    {
        var (parent, name) = (targets[0].Parent, targets[0].Name);
        if (parent is null || parent.Definition.Element(name) is not { Max: > 1 } slot) return operation.Unfit("Its path does not lead to a list.");
        return parent.Each(name).SequenceEqual(targets) ? (parent, slot) : operation.Unfit("Its path does not lead to one whole list.");
    }

    private static int IndexOf(Element child)
    {
        var children = child.Parent!.Children;
        var at = 0;
        while (!ReferenceEquals(children[at], child)) at++;
        return at;
    }
}
