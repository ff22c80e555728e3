using System.Collections.Frozen;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Microsoft.AspNetCore.Http;

namespace Fhir.Server.Api.Operations;

/// <summary>The parameters of an operation that is called by GET, as the Parameters that a POST would bring — https://hl7.org/fhir/R4/operations.html#request</summary>
internal static class QueryParameters
{
    // About the answer's form, not part of the question.
    private static readonly FrozenSet<string> OfHttp = new[] { "_format", "_pretty" }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Adds them to those of the body. Known = what the operation takes, with the value[x] it has.</summary>
    public static Issue? AddTo(Element parameters, IQueryCollection query, IReadOnlyDictionary<string, string> known)
    {
        foreach (var (name, values) in query)
        {
            if (OfHttp.Contains(name)) continue;
            if (!known.TryGetValue(name, out var type)) return new Issue(IssueKind.Invalid, $"The operation has no such parameter; it knows {string.Join(", ", known.Keys)}.", "http.query") { Code = "not-supported" };
            if (type.Length == 0) return new Issue(IssueKind.Invalid, $"The parameter {name} cannot stand in a query; send Parameters by POST.", name) { Code = "not-supported" };
            foreach (var value in values.Where(v => !string.IsNullOrEmpty(v)))
            {
                if (type == "valueBoolean" && value is not ("true" or "false")) return new Issue(IssueKind.Invalid, $"The parameter {name} is true or false.", name) { Code = "value" };
                var parameter = parameters.Add("parameter");
                parameter.Add("name", name);
                parameter.Add(type, value);
            }
        }
        return null;
    }
}
