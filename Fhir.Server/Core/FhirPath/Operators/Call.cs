using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.FhirPath.Operators;

/// <summary>A function of FHIRPath: reads its input, evaluates what it needs of its arguments, adds its result.</summary>
internal delegate void Function(Run run, List<Element> input, Operator[] arguments, List<Element> into);

internal sealed class Call(Operator source, Function function, Operator[] arguments) : Operator
{
    public override void Evaluate(Run run, List<Element> into)
    {
        var input = run.Values(source);
        if (run.Goes(input.Count + Run.NewValue)) function(run, input, arguments, into);
        run.Return(input);
    }
}

internal sealed class VariableValue(Action<Run, List<Element>> read) : Operator
{
    public override void Evaluate(Run run, List<Element> into) => read(run, into);
}

/// <summary><c>%context</c>, <c>%resource</c> and <c>%rootResource</c>.</summary>
internal sealed class VariableItem(Func<Run, Element> read) : OneItem
{
    public override Element Item(Run run) => read(run);
}

/// <summary>What <c>defineVariable</c> names inside is not seen outside.</summary>
internal sealed class Scoped(Operator inner) : Operator
{
    public override void Evaluate(Run run, List<Element> into)
    {
        var before = run.Defined;
        inner.Evaluate(run, into);
        run.Defined = before;
    }
}
