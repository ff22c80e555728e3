using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath.Operators;
using Fhir.Server.Core.FhirPath.Values;

namespace Fhir.Server.Core.FhirPath.Functions;

/// <summary>https://hl7.org/fhir/R4/fhirpath.html#variables — what <c>%name</c> stands for.</summary>
internal static class Variables
{
    public static Operator Reader(string name) => name switch
    {
        "context" => new VariableItem(run => run.Focus),
        "resource" => new VariableItem(run => References.Resource(run.Focus)),
        "rootResource" => new VariableItem(run => References.Container(run.Focus)),
        _ when Fixed(name) is { } text => new Constant(Computed.Of(text)),
        _ => new VariableValue((run, into) => Given(name, run, into)),
    };

    private static string? Fixed(string name) => name switch
    {
        "sct" => "http://snomed.info/sct",
        "loinc" => "http://loinc.org",
        "ucum" => "http://unitsofmeasure.org",
        _ when name.StartsWith("vs-", StringComparison.Ordinal) => "http://hl7.org/fhir/ValueSet/" + name[3..],
        _ when name.StartsWith("ext-", StringComparison.Ordinal) => "http://hl7.org/fhir/StructureDefinition/" + name[4..],
        _ => null,
    };

    private static void Given(string name, Run run, List<Element> into)
    {
        if (DefinedVariable.Find(run.Defined, name) is { } defined) Add(run, defined.Values, into);
        else if (run.Context.Variables?.TryGetValue(name, out var values) == true) Add(run, values, into);
        else run.Fail("The expression uses a variable that has no value here.");
    }

    private static void Add(Run run, IReadOnlyList<Element> values, List<Element> into)
    {
        if (run.Goes(values.Count)) into.AddRange(values);
    }

    /// <summary>https://build.fhir.org/ig/HL7/FHIRPath/#definevariablename-string--expr-expression — names the input, or what the argument finds, and gives the input back.</summary>
    public static void Define(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        if (run.Text(arguments[0]) is not { } name) return;
        var isTaken = Fixed(name) is not null || name is "context" or "resource" or "rootResource" || run.Context.Variables?.ContainsKey(name) == true || DefinedVariable.Find(run.Defined, name) is not null;
        if (isTaken) run.Fail("The expression defines a variable that there is already.");
        else run.Defined = new(name, arguments.Length == 1 ? [.. input] : Value(run, input, arguments[1]), run.Defined);
        into.AddRange(input);
    }

    private static Element[] Value(Run run, List<Element> input, Operator of)
    {
        var outer = run.Input;
        run.Input = input;
        var values = run.Values(of);
        run.Input = outer;
        Element[] value = [.. values];
        run.Return(values);
        return value;
    }
}
