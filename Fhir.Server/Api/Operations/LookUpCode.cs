using Microsoft.AspNetCore.Routing;

namespace Fhir.Server.Api.Operations;

/// <summary>CodeSystem/$lookup — https://hl7.org/fhir/R4/codesystem-operation-lookup.html</summary>
internal static class LookUpCode
{
    private static readonly IReadOnlyDictionary<string, string> Known = TerminologyOperations.Takes(
        ("valueUri", "system"), ("valueString", "version"), ("valueCode", "code displayLanguage property"), ("valueDateTime", "date"), ("valueCanonical", "useSupplement"), ("", "coding tx-resource"));

    public static void Map(RouteGroupBuilder fhir) => fhir.MapTerminology("lookup", "CodeSystem", onInstance: false, Known, (vocabulary, question) => vocabulary.Lookup(question));
}
