using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.FhirPath.Operators;

/// <summary>https://hl7.org/fhirpath/#path-selection — the children of one name; the step that nearly all paths are made of.</summary>
internal sealed class Children(Operator source, string name) : Operator
{
    public override void Evaluate(Run run, List<Element> into)
    {
        if (source is ThisItem)
        {
            if (run.This is { } item) Named(item, name, into);
            return;
        }
        var parents = run.Rent();
        source.Evaluate(run, parents);
        if (run.Goes(parents.Count))
            for (var i = 0; i < parents.Count; i++) Named(parents[i], name, into);
        run.Return(parents);
    }

    public static void Named(Element parent, string name, List<Element> into)
    {
        var children = parent.Children;
        for (var i = 0; i < children.Count; i++)
            if (children[i].Name == name) into.Add(children[i]);
    }
}

/// <summary>The first name of a path when it is a type's: <c>Patient</c> in <c>Patient.name</c> is the item itself when it is of that type.</summary>
internal sealed class TypedStart(TypeDefinition type) : Operator
{
    // "Resource.id" meets one type again and again: the last one that it was true of is remembered.
    private TypeDefinition? _covered;

    public override void Evaluate(Run run, List<Element> into)
    {
        if (run.This is not { } item) return;
        if (!ReferenceEquals(item.Definition, _covered))
        {
            if (!DefinitionSet.R4.IsA(item.Definition, type.Name)) return;
            _covered = item.Definition;
        }
        into.Add(item);
    }
}

internal sealed class ItemAt(Operator source, Operator index) : Operator
{
    public override void Evaluate(Run run, List<Element> into)
    {
        var items = run.Values(source);
        if (run.Integer(index) is { } at && at >= 0 && at < items.Count) into.Add(items[at]);
        run.Return(items);
    }
}
