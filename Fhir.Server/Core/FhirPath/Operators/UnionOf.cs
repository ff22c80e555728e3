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

    public override bool Any(Run run)
    {
        foreach (var part in parts)
            if (run.Goes() && part.Any(run)) return true;
        return false;
    }

    /// <summary>Whether a value is among its parts: for that none has to be put together.</summary>
    public bool Contains(Run run, Element wanted)
    {
        var found = false;
        for (var i = 0; i < parts.Length && !found && run.Goes(); i++)
        {
            var items = run.Values(parts[i]);
            found = run.Goes(items.Count) && Distinct.Contains(run, items, wanted);
            run.Return(items);
        }
        return found;
    }
}
