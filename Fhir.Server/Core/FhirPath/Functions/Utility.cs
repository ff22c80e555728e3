using System.Globalization;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath.Operators;
using Fhir.Server.Core.FhirPath.Values;
using Fhir.Server.Core.Outcomes;

namespace Fhir.Server.Core.FhirPath.Functions;

/// <summary>https://hl7.org/fhirpath/#utility-functions, with iif, type and sort.</summary>
internal static class Utility
{
    // Only the branch that is chosen is evaluated.
    public static void Iif(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        var item = run.One(input);
        if (run.Failed) return;
        var criterion = run.Rent();
        run.With(item, run.Index, arguments[0], criterion);
        var truth = run.One(criterion) is { } one && run.Boolean(one) == true;
        run.Return(criterion);
        if (truth) run.With(item, run.Index, arguments[1], into);
        else if (arguments.Length > 2) run.With(item, run.Index, arguments[2], into);
    }

    public static void Coalesce(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        var start = into.Count;
        for (var i = 0; i < arguments.Length && into.Count == start && run.Goes(); i++) arguments[i].Evaluate(run, into);
    }

    public static Function Moment(Kind kind, string format) => (run, _, _, into) =>
    {
        if (run.Now is { } now) into.Add(Computed.Literal(kind, now.ToString(format, CultureInfo.InvariantCulture)));
        else run.Fail("There is no clock here to tell the time.", IssueKind.Unsupported);
    };

    public static void TypeOf(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        foreach (var item in input)
            into.Add(item.Definition.Kind == TypeKind.System ? Computed.TypeInfo("System", item.Type["System.".Length..]) : Computed.TypeInfo("FHIR", NameOf(item.Definition)));
    }

    // The type of Patient.contact has no name of its own: it is a BackboneElement.
    private static string NameOf(TypeDefinition type) => type is { Kind: TypeKind.Backbone, Parent: { } parent } ? parent : type.Name;

    /// <summary>A part of a date or time, such as its year; null when it is not that precise.</summary>
    public static Function Part(Func<Temporal, Element?> part) => (run, input, _, into) =>
    {
        if (run.One(input) is not { } item || run.Failed) return;
        if (Kinds.Of(item) is not (Kind.Date or Kind.DateTime or Kind.Time)) run.Fail("A date or time is expected.");
        else if (Temporal.Of(item) is { } at && part(at) is { } found) into.Add(found);
    };

    public static void Comparable(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        var (item, other) = (run.One(input), run.One(arguments[0]));
        if (item is not null && other is not null && Amount.Of(item) is { } a && Amount.Of(other) is { } b) into.Add(Computed.Of(Units.Compare(a, b) is not null));
    }
}
