using Microsoft.AspNetCore.Routing;

namespace Fhir.Server.Api.Operations;

/// <summary>ValueSet/$validate-code — https://hl7.org/fhir/R4/valueset-operation-validate-code.html</summary>
internal static class ValidateCodeOfValueSet
{
    private static readonly IReadOnlyDictionary<string, string> Known = TerminologyOperations.Takes(
        ("valueUri", "url context system"),
        ("valueString", "valueSetVersion systemVersion display"),
        ("valueCode", "code displayLanguage"),
        ("valueDateTime", "date"),
        ("valueBoolean", "abstract activeOnly inferSystem lenient-display-validation valueset-membership-only"),
        ("valueCanonical", "system-version check-system-version force-system-version default-valueset-version useSupplement"),
        ("", "valueSet coding codeableConcept tx-resource"));

    public static void Map(RouteGroupBuilder fhir) => fhir.MapTerminology("validate-code", "ValueSet", onInstance: true, Known, (vocabulary, question) => vocabulary.ValidateInValueSet(question));
}
