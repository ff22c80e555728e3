using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath.Values;

namespace Fhir.Server.Core.FhirPath.Operators;

/// <summary>A compiled part of an expression: adds its values to a list. What only has to be counted or seen to exist makes no list where it can.</summary>
internal abstract class Operator
{
    public abstract void Evaluate(Run run, List<Element> into);

    /// <summary>Its value where a boolean is expected; null is empty.</summary>
    public virtual bool? Truth(Run run) => run.Truth(this);

    /// <summary>Whether it finds anything; it may stop at the first.</summary>
    public virtual bool Any(Run run) => Count(run) > 0;

    public virtual int Count(Run run)
    {
        var list = run.Values(this);
        var count = list.Count;
        run.Return(list);
        return count;
    }
}

/// <summary>An operator whose value is a boolean or empty.</summary>
internal abstract class Test : Operator
{
    public sealed override void Evaluate(Run run, List<Element> into)
    {
        if (Truth(run) is { } truth) into.Add(Computed.Of(truth));
    }

    public sealed override int Count(Run run) => Truth(run) is null ? 0 : 1;
    public abstract override bool? Truth(Run run);
}

/// <summary>An operator that finds one item or none.</summary>
internal abstract class OneItem : Operator
{
    public abstract Element? Item(Run run);

    public sealed override void Evaluate(Run run, List<Element> into)
    {
        if (Item(run) is { } item) into.Add(item);
    }

    public sealed override bool Any(Run run) => Item(run) is not null;
    public sealed override int Count(Run run) => Any(run) ? 1 : 0;
}

/// <summary>An operator whose value is always an integer: two of them are compared as numbers.</summary>
internal abstract class Whole : Operator
{
    public abstract int Number(Run run);
    public override void Evaluate(Run run, List<Element> into) => into.Add(Computed.Of(Number(run)));
    public sealed override int Count(Run run) => 1;
}

internal sealed class Empty : OneItem
{
    public override Element? Item(Run run) => null;
}

internal sealed class Constant(Element value) : OneItem
{
    public Element Value => value;
    public override Element Item(Run run) => value;
}

internal sealed class WholeConstant(Element value, int number) : Whole
{
    public override int Number(Run run) => number;
    public override void Evaluate(Run run, List<Element> into) => into.Add(value);
}

internal sealed class ThisItem : OneItem
{
    public override Element? Item(Run run) => run.This;
}

/// <summary>All that the function was called on, for the one argument that sees it whole.</summary>
internal sealed class InputItems : Operator
{
    public override void Evaluate(Run run, List<Element> into)
    {
        if (run.Input is { } items && run.Goes(items.Count)) into.AddRange(items);
    }
}

internal sealed class ThisIndex : Whole
{
    public override int Number(Run run) => run.Index;
}

internal sealed class RunningTotal : Operator
{
    public override void Evaluate(Run run, List<Element> into)
    {
        if (run.Total is { } total && run.Goes(total.Count)) into.AddRange(total);
    }
}
