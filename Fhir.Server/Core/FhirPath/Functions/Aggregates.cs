using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath.Operators;
using Fhir.Server.Core.FhirPath.Values;

namespace Fhir.Server.Core.FhirPath.Functions;

/// <summary>https://build.fhir.org/ig/HL7/FHIRPath/#aggregates — sum, avg, min and max; of nothing they are empty.</summary>
internal static class Aggregates
{
    public static void Sum(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        if (Total(run, input) is { } total) into.Add(total);
    }

    public static void Average(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        if (Total(run, input) is not { } total) return;
        if (Kinds.Of(total) == Kind.String) run.Fail("Strings have no average.");
        else if (Arithmetic.Result(run, "/", total, Computed.Of((decimal)input.Count)) is { } average) into.Add(average);
    }

    private static Element? Total(Run run, List<Element> input)
    {
        var total = input.Count > 0 ? input[0] : null;
        for (var i = 1; i < input.Count && total is not null && run.Goes(); i++) total = Arithmetic.Result(run, "+", total, input[i]);
        return run.Failed ? null : total;
    }

    /// <summary>min or max: whichever each next item must be to take the place.</summary>
    public static Function Outermost(Func<int, bool> wanted) => (run, input, _, into) =>
    {
        var outermost = input.Count > 0 ? input[0] : null;
        for (var i = 1; i < input.Count && outermost is not null && run.Goes(); i++)
        {
            var order = Equality.Order(input[i], outermost, out var comparable);
            if (!comparable) run.Fail("Values are compared that have no order.");
            outermost = order is not { } known ? null : wanted(known) ? input[i] : outermost;
        }
        if (outermost is not null) into.Add(outermost);
    };
}
