using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath.Operators;
using Fhir.Server.Core.FhirPath.Values;

namespace Fhir.Server.Core.FhirPath.Functions;

/// <summary>https://hl7.org/fhir/R4/fhirpath.html#variables — what <c>%name</c> stands for.</summary>
internal static class Variables
{
    public static Action<Run, List<Element>> Reader(string name)
    {
        if (Fixed(name) is { } text)
        {
            var value = Computed.Of(text);
            return (_, into) => into.Add(value);
        }
        return name switch
        {
            "context" => (run, into) => into.Add(run.Focus),
            "resource" => (run, into) => into.Add(References.Resource(run.Focus)),
            "rootResource" => (run, into) => into.Add(References.Container(run.Focus)),
            _ => (run, into) => Given(name, run, into),
        };
    }

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
        if (run.Context.Variables?.TryGetValue(name, out var values) == true) into.AddRange(values);
        else run.Fail("The expression uses a variable that has no value here.");
    }
}
