using System.Globalization;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;

namespace Fhir.Server.Api.Operations;

/// <summary>The answer of $fhirpath: what was asked, then a result for each context, with a part for each value and each trace.</summary>
internal sealed class FhirPathOutput
{
    public const int MostValues = 10_000;
    private const string ResourcePath = "http://fhir.forms-lab.com/StructureDefinition/resource-path";

    private static readonly TypeDefinition Parameter = DefinitionSet.R4.Type("Parameters.parameter")!;

    private readonly FhirPathInput _input;
    private readonly Places _places;
    private int _values;
    private int _room = 8 * 1024 * 1024;   // characters and elements: one expression can find the same resource a thousand times

    public FhirPathOutput(FhirPathInput input)
    {
        (_input, _places) = (input, new(input.Resource));
        Answer = Element.Of("Parameters");
        Answer.Add("id", "fhirpath");
        var asked = Part(Answer, "parameters", "parameter");
        Text(asked, "evaluator", "Samenspraak (R4)");
        Text(asked, "expression", input.Expression);
        if (input.Context is { } context) Text(asked, "context", context);
        Part(asked, "resource").Add(input.Resource.Copy("resource"));
        foreach (var variables in input.GivenVariables) asked.Add(variables.Copy("part"));
    }

    public Element Answer { get; }

    /// <summary>Adds the result for one context; an issue when the answer becomes too large.</summary>
    public Issue? Add(Element context, int index, Element[] found, IEnumerable<(string Name, Element[] Values)> traced)
    {
        var result = Part(Answer, "result", "parameter");
        if (_input.Context is { } expression)
            result.Add("valueString", _places.Of(context) ?? string.Create(CultureInfo.InvariantCulture, $"{expression}[{index}]"));
        var fits = Array.TrueForAll(found, value => Value(result, value));
        foreach (var (name, values) in traced)
        {
            var trace = Part(result, "trace");
            if (FhirPathValue.IsTellable(name)) trace.Add("valueString", name);
            fits = fits && ++_values <= MostValues && Array.TrueForAll(values, value => Value(trace, value));
        }
        return fits ? null : new Issue(IssueKind.Invalid, "The expression finds more than can be answered.", FhirPathInput.Place("expression")) { Code = "too-costly" };
    }

    private bool Value(Element parent, Element value)
    {
        _room -= FhirPathValue.SizeOf(value);
        if (++_values > MostValues || _room < 0) return false;
        var part = Part(parent, FhirPathValue.NameOf(value));
        if (_places.Of(value) is { } place) Extension(part, ResourcePath, place);
        if (FhirPathValue.JsonOf(value) is { } json) Extension(part, FhirPathInput.JsonValue, json);
        else if (value.Definition.Kind == TypeKind.Resource) part.Add(value.Copy("resource"));
        else if (FhirPathValue.Of(value) is { } plain) part.Add(plain);
        return true;
    }

    private static Element Part(Element parent, string name, string property = "part")
    {
        var part = parent.Add(new Element(property, Parameter));
        part.Add("name", name);
        return part;
    }

    private static void Text(Element parent, string name, string text) => Part(parent, name).Add("valueString", text);

    private static void Extension(Element part, string url, string text)
    {
        var extension = part.Add("extension");
        extension.Add("url", url);
        extension.Add("valueString", text);
    }
}

/// <summary>What passed the traces of one evaluation. Past what an answer holds nothing more is kept: the answer is refused then.</summary>
internal sealed class Traces
{
    private readonly List<(string, Element[])> _all = [];
    private int _count;

    public IEnumerable<(string Name, Element[] Values)> All => _all;

    public void Take(string name, IReadOnlyList<Element> values)
    {
        if (_count > FhirPathOutput.MostValues) return;
        _count += 1 + values.Count;
        _all.Add((name, [.. values]));
    }
}
