using Microsoft.AspNetCore.Routing;

namespace Fhir.Server.Api.Operations;

/// <summary>ValueSet/$expand — https://hl7.org/fhir/R4/valueset-operation-expand.html</summary>
internal static class ExpandValueSet
{
    private static readonly IReadOnlyDictionary<string, string> Known = TerminologyOperations.Takes(
        ("valueUri", "url context"),
        ("valueString", "valueSetVersion filter contextDirection designation property"),
        ("valueDateTime", "date"),
        ("valueInteger", "offset count"),
        ("valueBoolean", "includeDesignations includeDefinition activeOnly excludeNested excludeNotForUI excludePostCoordinated"),
        ("valueCode", "displayLanguage"),
        ("valueCanonical", "exclude-system system-version check-system-version force-system-version default-valueset-version useSupplement"),
        ("", "valueSet tx-resource"));

    public static void Map(RouteGroupBuilder fhir) => fhir.MapTerminology("expand", "ValueSet", onInstance: true, Known, (vocabulary, question) => vocabulary.Expand(question));
}
