using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath.Operators;

namespace Fhir.Server.Core.FhirPath.Functions;

/// <summary>https://hl7.org/fhirpath/#filtering-and-projection</summary>
internal static class Filtering
{
    public static void Select(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        for (var i = 0; i < input.Count && run.Goes(); i++) run.With(input[i], i, arguments[0], into);
    }

    // Until nothing new comes; without looking back for equal items "repeat('x')" would not end.
    public static void Repeat(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        var seen = new Buckets();
        var start = into.Count;
        var found = run.Rent();
        for (var i = 0; i < input.Count && run.Goes(); i++) New(run, input[i], arguments[0], seen, found, into);
        for (var i = start; i < into.Count && run.Goes(); i++) New(run, into[i], arguments[0], seen, found, into);
        run.Return(found);
    }

    private static void New(Run run, Element item, Operator projection, Buckets seen, List<Element> found, List<Element> into)
    {
        found.Clear();
        run.With(item, 0, projection, found);
        foreach (var one in found)
            if (seen.Add(one, run)) into.Add(one);
    }

    // The same without looking back: a projection that never ends runs into the step limit.
    public static void RepeatAll(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        var start = into.Count;
        for (var i = 0; i < input.Count && run.Goes(); i++) run.With(input[i], i, arguments[0], into);
        for (var i = start; i < into.Count && run.Goes(); i++) run.With(into[i], i - start, arguments[0], into);
    }

    public static void Descendants(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        var start = into.Count;
        foreach (var item in input) into.AddRange(item.ChildSpan);
        for (var i = start; i < into.Count && run.Goes(); i++) into.AddRange(into[i].ChildSpan);
    }

    public static void Aggregate(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        var outer = run.Total;
        var total = arguments.Length > 1 ? run.Values(arguments[1]) : run.Rent();
        for (var i = 0; i < input.Count && run.Goes(); i++)
        {
            run.Total = total;
            var next = run.Rent();
            run.With(input[i], i, arguments[0], next);
            run.Return(total);
            total = next;
        }
        into.AddRange(total);
        run.Return(total);
        run.Total = outer;
    }

    public static void Trace(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        if (run.Text(arguments[0]) is { } name && run.Context.Trace is { } trace) trace(name, Traced(run, input, arguments));
        into.AddRange(input);
    }

    private static List<Element> Traced(Run run, List<Element> input, Operator[] arguments)
    {
        if (arguments.Length == 1) return [.. input];
        var traced = new List<Element>();
        Select(run, input, [arguments[1]], traced);
        return traced;
    }
}
