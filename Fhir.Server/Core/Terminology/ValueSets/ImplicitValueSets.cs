// https://hl7.org/fhir/R4/valueset.html#implicit
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Terminology.Systems;

namespace Fhir.Server.Core.Terminology.ValueSets;

/// <summary>Value sets that nobody wrote down: all codes of a system that names them, or <c>[system]?fhir_vs</c>, or <c>?fhir_vs=isa/[code]</c>.</summary>
internal static class ImplicitValueSets
{
    private const string Query = "?fhir_vs";

    public static Element? Of(string canonical, CodeSystems systems)
    {
        var bar = canonical.IndexOf('|', StringComparison.Ordinal);
        var url = bar < 0 ? canonical : canonical[..bar];
        var query = url.IndexOf(Query, StringComparison.Ordinal);
        if (query < 0) return systems.OfImplicitValueSet(url) is { } named ? All(url, named) : null;
        var (system, rest) = (url[..query], url[(query + Query.Length)..]);
        return rest.Length == 0 ? All(url, system) : rest.StartsWith("=isa/", StringComparison.Ordinal) ? IsA(url, system, rest[5..]) : null;
    }

    private static Element All(string url, string system)
    {
        var valueSet = Element.Of("ValueSet");
        valueSet.Add("url", url);
        valueSet.Add("status", "active");
        valueSet.Add("compose").Add("include").Add("system", system);
        return valueSet;
    }

    private static Element IsA(string url, string system, string code)
    {
        var valueSet = All(url, system);
        var filter = valueSet["compose"]["include"].Add("filter");
        filter.Add("property", "concept");
        filter.Add("op", "is-a");
        filter.Add("value", code);
        return valueSet;
    }
}
