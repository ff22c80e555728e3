using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.FhirPath.Operators;

/// <summary>https://hl7.org/fhirpath/#union-collections — all parts, each value once.</summary>
internal sealed class UnionOf(Operator[] parts) : Operator
{
    public override void Evaluate(Run run, List<Element> into)
    {
        var start = into.Count;
        for (var i = 0; i < parts.Length && run.Goes(); i++) parts[i].Evaluate(run, into);
        Distinct.From(into, start, run);
    }
}
