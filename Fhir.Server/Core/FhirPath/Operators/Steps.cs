using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.FhirPath.Operators;

/// <summary>https://hl7.org/fhirpath/#path-selection — <c>name.given</c>: the children of one name, and theirs of the next; nearly all expressions are made of these.</summary>
internal sealed class Steps(Operator source, string[] names) : Operator
{
    private readonly OneItem? _single = source as OneItem;

    /// <summary>The same path, one name longer.</summary>
    public static Steps Of(Operator source, string name) => source is Steps before ? before.With(name) : new Steps(source, [name]);

    private Steps With(string name) => new(source, [.. names, name]);

    public override void Evaluate(Run run, List<Element> into)
    {
        if (_single is not null)
        {
            if (_single.Item(run) is { } item) Under(run, item, 0, into);
            return;
        }
        var parents = run.Values(source);
        for (var i = 0; i < parents.Count; i++) Under(run, parents[i], 0, into);
        run.Return(parents);
    }

    private void Under(Run run, Element parent, int at, List<Element> into)
    {
        if (!run.Goes(1 + (parent.ChildSpan.Length >> 4))) return;   // passing over a child costs too, on a Bundle with thousands
        var (name, isLast) = (names[at], at == names.Length - 1);
        foreach (var child in parent.ChildSpan)
        {
            if (child.Name != name) continue;
            if (isLast) into.Add(child);
            else Under(run, child, at + 1, into);
        }
    }

    public override bool Any(Run run) => Found(run, most: 1) > 0;
    public override int Count(Run run) => Found(run, int.MaxValue);

    private int Found(Run run, int most)
    {
        var found = 0;
        if (_single is not null)
        {
            if (_single.Item(run) is { } item) CountUnder(run, item, 0, most, ref found);
            return found;
        }
        var parents = run.Values(source);
        for (var i = 0; i < parents.Count && found < most; i++) CountUnder(run, parents[i], 0, most, ref found);
        run.Return(parents);
        return found;
    }

    private void CountUnder(Run run, Element parent, int at, int most, ref int found)
    {
        if (!run.Goes(1 + (parent.ChildSpan.Length >> 4))) return;   // passing over a child costs too, on a Bundle with thousands
        var (name, isLast) = (names[at], at == names.Length - 1);
        foreach (var child in parent.ChildSpan)
        {
            if (child.Name != name) continue;
            if (isLast) found++;
            else CountUnder(run, child, at + 1, most, ref found);
            if (found >= most) return;
        }
    }
}

/// <summary>The first name of a path when it is a type's: <c>Patient</c> in <c>Patient.name</c> is the item itself when it is of that type.</summary>
internal sealed class TypedStart(TypeDefinition type) : OneItem
{
    // "Resource.id" meets one type again and again: the last one that it was true of is remembered.
    private TypeDefinition? _covered;

    public override Element? Item(Run run)
    {
        if (run.This is not { } item) return null;
        if (ReferenceEquals(item.Definition, _covered)) return item;
        if (!DefinitionSet.R4.IsA(item.Definition, type.Name)) return null;
        _covered = item.Definition;
        return item;
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

/// <summary><c>children()</c>, which is also counted without a list.</summary>
internal sealed class ChildrenOf(Operator source) : Operator
{
    private readonly OneItem? _single = source as OneItem;

    public override void Evaluate(Run run, List<Element> into)
    {
        var parents = run.Values(source);
        foreach (var parent in parents)
            if (run.Goes(parent.Children.Count + 1)) into.AddRange(parent.ChildSpan);
        run.Return(parents);
    }

    public override int Count(Run run) => _single is null ? base.Count(run) : _single.Item(run)?.Children.Count ?? 0;
}
