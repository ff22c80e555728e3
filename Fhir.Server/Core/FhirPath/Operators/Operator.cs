using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath.Values;

namespace Fhir.Server.Core.FhirPath.Operators;

/// <summary>A compiled part of an expression: adds its values to a list.</summary>
internal abstract class Operator
{
    public abstract void Evaluate(Run run, List<Element> into);

    /// <summary>Its value where a boolean is expected; null is empty.</summary>
    public virtual bool? Truth(Run run) => run.Truth(this);
}

/// <summary>An operator whose value is a boolean or empty.</summary>
internal abstract class Test : Operator
{
    public sealed override void Evaluate(Run run, List<Element> into)
    {
        if (Truth(run) is { } truth) into.Add(Computed.Of(truth));
    }

    public abstract override bool? Truth(Run run);
}

internal sealed class Empty : Operator
{
    public override void Evaluate(Run run, List<Element> into) { }
}

internal sealed class Constant(Element value) : Operator
{
    public Element Value => value;
    public override void Evaluate(Run run, List<Element> into) => into.Add(value);
}

internal sealed class ThisItem : Operator
{
    public override void Evaluate(Run run, List<Element> into)
    {
        if (run.This is { } item) into.Add(item);
    }
}

internal sealed class ThisIndex : Operator
{
    public override void Evaluate(Run run, List<Element> into) => into.Add(Computed.Of(run.Index));
}

internal sealed class RunningTotal : Operator
{
    public override void Evaluate(Run run, List<Element> into)
    {
        if (run.Total is { } total) into.AddRange(total);
    }
}
