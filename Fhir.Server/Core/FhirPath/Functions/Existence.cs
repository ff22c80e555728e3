using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath.Operators;
using Fhir.Server.Core.FhirPath.Values;

namespace Fhir.Server.Core.FhirPath.Functions;

/// <summary>https://hl7.org/fhirpath/#existence</summary>
internal static class Existence
{
    public static void IsEmpty(Run run, List<Element> input, Operator[] arguments, List<Element> into) => into.Add(Computed.Of(input.Count == 0));

    public static void Exists(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        var found = arguments.Length == 0 ? input.Count > 0 : Any(run, input, arguments[0], true);
        into.Add(Computed.Of(found));
    }

    public static void All(Run run, List<Element> input, Operator[] arguments, List<Element> into) =>
        into.Add(Computed.Of(!Any(run, input, arguments[0], false)));

    // wanted true: one item for which it holds; wanted false: one for which it does not (empty counts as not).
    private static bool Any(Run run, List<Element> input, Operator criterion, bool wanted)
    {
        for (var i = 0; i < input.Count && run.Goes(); i++)
            if (run.TruthWith(input[i], i, criterion) == true == wanted) return true;
        return false;
    }

    public static void AllTrue(Run run, List<Element> input, Operator[] arguments, List<Element> into) => into.Add(Computed.Of(!Has(run, input, false)));
    public static void AllFalse(Run run, List<Element> input, Operator[] arguments, List<Element> into) => into.Add(Computed.Of(!Has(run, input, true)));
    public static void AnyTrue(Run run, List<Element> input, Operator[] arguments, List<Element> into) => into.Add(Computed.Of(Has(run, input, true)));
    public static void AnyFalse(Run run, List<Element> input, Operator[] arguments, List<Element> into) => into.Add(Computed.Of(Has(run, input, false)));

    private static bool Has(Run run, List<Element> input, bool wanted)
    {
        var found = false;
        foreach (var item in input) found |= run.Boolean(item) == wanted;
        return found;
    }

    public static void SubsetOf(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        var others = run.Values(arguments[0]);
        into.Add(Computed.Of(Within(run, input, others)));
        run.Return(others);
    }

    public static void SupersetOf(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        var others = run.Values(arguments[0]);
        into.Add(Computed.Of(Within(run, others, input)));
        run.Return(others);
    }

    private static bool Within(Run run, List<Element> some, List<Element> all)
    {
        foreach (var item in some)
            if (!run.Goes(all.Count) || !Distinct.Contains(all, item)) return false;
        return true;
    }

    public static void Count(Run run, List<Element> input, Operator[] arguments, List<Element> into) => into.Add(Computed.Of(input.Count));

    public static void DistinctItems(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        var start = into.Count;
        into.AddRange(input);
        Distinct.From(into, start, run);
    }

    public static void IsDistinct(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        var count = input.Count;
        Distinct.From(input, 0, run);
        into.Add(Computed.Of(input.Count == count));
    }

    public static void Not(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        if (run.Truth(input) is { } truth) into.Add(Computed.Of(!truth));
    }
}
