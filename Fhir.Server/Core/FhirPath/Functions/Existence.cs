using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath.Operators;
using Fhir.Server.Core.FhirPath.Values;

namespace Fhir.Server.Core.FhirPath.Functions;

/// <summary>https://hl7.org/fhirpath/#existence — what looks at values; exists, empty, all and count are operators of their own.</summary>
internal static class Existence
{
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
            if (!run.Goes(all.Count) || !Distinct.Contains(run, all, item)) return false;
        return true;
    }

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
}
