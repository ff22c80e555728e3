using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath.Operators;
using Fhir.Server.Core.FhirPath.Values;
using Fhir.Server.Core.Outcomes;

namespace Fhir.Server.Core.FhirPath.Functions;

/// <summary>https://hl7.org/fhir/R4/fhirpath.html#functions — subsumes and subsumedBy, between any Coding of the one side and any of the other.</summary>
internal static class Subsumption
{
    public static Function Of(bool up) => (run, input, arguments, into) =>
    {
        if (run.One(input) is not { } item || run.One(arguments[0]) is not { } other || run.Failed) return;
        var (above, below) = up ? (item, other) : (other, item);
        if (Subsumes(run, above, below) is { } answer) into.Add(Computed.Of(answer));
    };

    // True for one pair is true; a pair that cannot be judged makes a false unsure.
    private static bool? Subsumes(Run run, Element above, Element below)
    {
        var sure = true;
        foreach (var a in Codings(run, above))
            foreach (var b in Codings(run, below))
            {
                if (!run.Goes(Run.NewValue)) return null;
                var one = Of(run, a, b);
                if (one == true) return true;
                sure &= one is not null;
            }
        return sure ? false : null;
    }

    private static bool? Of(Run run, Element above, Element below)
    {
        var (system, other) = (above["system"].Text, below["system"].Text);
        if (system is null || other is null) return null;
        if (system == other && above["code"].Text is { } code && code == below["code"].Text) return true;
        if (run.Context.Subsumes is { } asked) return asked(above, below);
        run.Fail("There is no terminology here to tell what subsumes what.", IssueKind.Unsupported);
        return null;
    }

    private static IEnumerable<Element> Codings(Run run, Element code)
    {
        if (code.Type == "CodeableConcept") return code.Each("coding");
        if (code.Type != "Coding") run.Fail("A Coding or CodeableConcept is expected.");
        return [code];
    }
}
