using System.Text;
using Fhir.Server.Api.Http;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Xml;
using Microsoft.AspNetCore.Http;

namespace Fhir.Server.Api.Operations;

/// <summary>What $fhirpath was asked. The resource is read, not judged: expressions are tried on half-made ones too.</summary>
internal sealed record FhirPathInput(string Expression, Element Resource)
{
    public const string JsonValue = "http://fhir.forms-lab.com/StructureDefinition/json-value";
    private const string XmlValue = "http://fhir.forms-lab.com/StructureDefinition/xml-value";

    // The last three are taken and change nothing: the Lab sends them.
    private static readonly string[] Known = ["expression", "resource", "context", "variables", "validate", "terminologyserver", "debug_trace"];

    public string? Context { get; private init; }
    public IReadOnlyDictionary<string, IReadOnlyList<Element>> Variables { get; private init; } = new Dictionary<string, IReadOnlyList<Element>>(StringComparer.Ordinal);
    /// <summary>The parameters <c>variables</c> as they came.</summary>
    public IReadOnlyList<Element> GivenVariables { get; private init; } = [];

    public static string Place(string parameter) => $"Parameters.parameter.where(name='{parameter}')";

    public static async Task<Result<FhirPathInput>> ReadAsync(HttpRequest request, CancellationToken stop)
    {
        if ((await RequestBody.ReadUncheckedAsync(request, stop)).Failed(out var issue, out var body)) return issue;
        if (Parameters.Of(body.Resource, Known).Failed(out issue, out var parameters)) return issue;
        if (parameters.String("expression").Failed(out issue, out var expression) || parameters.StringOrNone("context").Failed(out issue, out var context)) return issue;
        if (parameters.Each("resource").ToList() is not [var given]) return Wrong("resource", parameters.Has("resource") ? "may stand only once." : "is needed.");
        if (ResourceOf(given, "resource").Failed(out issue, out var resource)) return issue;
        if (!resource.Exists) return Wrong("resource", "holds a resource, or the text of one in an extension.");
        var variables = parameters.Each("variables").ToList();
        if (ValuesOf(variables).Failed(out issue, out var values)) return issue;
        return new FhirPathInput(expression, resource) { Context = context is { Length: > 0 } ? context : null, Variables = values, GivenVariables = variables };
    }

    private static Result<Dictionary<string, IReadOnlyList<Element>>> ValuesOf(List<Element> variables)
    {
        var values = new Dictionary<string, IReadOnlyList<Element>>(StringComparer.Ordinal);
        foreach (var part in variables.SelectMany(v => v.Each("part")))
        {
            if (part["name"].Text is not { } name) return Wrong("variables", "has a part without a name.");
            if (ResourceOf(part, "variables").Failed(out var issue, out var value)) return issue;
            if (!value.Exists) value = part["value"];
            values[name] = [.. values.GetValueOrDefault(name) ?? [], .. value.Exists ? [value] : Array.Empty<Element>()];
        }
        return values;
    }

    /// <summary>A resource with a tree of its own, so that its places start at itself; None when the parameter holds none.</summary>
    private static Result<Element> ResourceOf(Element parameter, string name)
    {
        if (parameter["resource"] is { Exists: true } resource) return resource.Copy(resource.Type);
        foreach (var extension in parameter.Each("extension"))
        {
            if (extension["value"].Text is not { } text) continue;
            var utf8 = Encoding.UTF8.GetBytes(text);
            var read = extension["url"].Text switch
            {
                JsonValue => JsonReader.Read(utf8, DefinitionSet.R4),
                XmlValue => FhirXmlReader.Read(utf8, DefinitionSet.R4),
                _ => null,
            };
            if (read is not null) return read.Failed(out var issue, out var inText) ? issue with { Where = Place(name) } : inText;
        }
        return Element.None;
    }

    private static Issue Wrong(string name, string how) => new(IssueKind.Invalid, $"The parameter {name} {how}", Place(name)) { Code = "value" };
}
