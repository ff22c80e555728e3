using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath.Operators;

namespace Fhir.Server.Core.FhirPath.Functions;

/// <summary>https://hl7.org/fhirpath/#subsetting and #combining</summary>
internal static class Subsetting
{
    public static void Single(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        if (run.One(input) is { } one) into.Add(one);
    }

    public static void First(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        if (input.Count > 0) into.Add(input[0]);
    }

    public static void Last(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        if (input.Count > 0) into.Add(input[^1]);
    }

    public static void Tail(Run run, List<Element> input, Operator[] arguments, List<Element> into) => Some(input, 1, input.Count, into);

    public static void Skip(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        if (run.Integer(arguments[0]) is { } count) Some(input, Math.Max(count, 0), input.Count, into);
    }

    public static void Take(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        if (run.Integer(arguments[0]) is { } count) Some(input, 0, Math.Min(count, input.Count), into);
    }

    private static void Some(List<Element> input, int from, int to, List<Element> into)
    {
        for (var i = from; i < to; i++) into.Add(input[i]);
    }

    public static void Intersect(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        var start = into.Count;
        Matching(run, input, arguments[0], true, into);
        Distinct.From(into, start, run);
    }

    public static void Exclude(Run run, List<Element> input, Operator[] arguments, List<Element> into) =>
        Matching(run, input, arguments[0], false, into);

    private static void Matching(Run run, List<Element> input, Operator other, bool wanted, List<Element> into)
    {
        var others = run.Values(other);
        var known = new Buckets();
        foreach (var item in others) known.Add(item, run);
        foreach (var item in input)
            if (known.Contains(item, run) == wanted) into.Add(item);
        run.Return(others);
    }

    public static void Combine(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        if (!run.Goes(input.Count)) return;
        into.AddRange(input);
        arguments[0].Evaluate(run, into);
    }

    public static void Union(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        var start = into.Count;
        Combine(run, input, arguments, into);
        Distinct.From(into, start, run);
    }
}
