using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.FhirPath.Operators;

/// <summary>A function of FHIRPath: reads its input, evaluates what it needs of its arguments, adds its result.</summary>
internal delegate void Function(Run run, List<Element> input, Operator[] arguments, List<Element> into);

internal sealed class Call(Operator source, Function function, Operator[] arguments) : Operator
{
    public override void Evaluate(Run run, List<Element> into)
    {
        var input = run.Rent();
        source.Evaluate(run, input);
        if (run.Goes(input.Count + 1)) function(run, input, arguments, into);
        run.Return(input);
    }
}

internal sealed class VariableValue(Action<Run, List<Element>> read) : Operator
{
    public override void Evaluate(Run run, List<Element> into) => read(run, into);
}
