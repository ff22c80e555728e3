using Microsoft.AspNetCore.Routing;

namespace Fhir.Server.Api.Operations;

/// <summary>CodeSystem/$validate-code — https://hl7.org/fhir/R4/codesystem-operation-validate-code.html</summary>
internal static class ValidateCodeOfCodeSystem
{
    private static readonly IReadOnlyDictionary<string, string> Known = TerminologyOperations.Takes(
        ("valueUri", "url"),
        ("valueString", "version display"),
        ("valueCode", "code displayLanguage"),
        ("valueDateTime", "date"),
        ("valueBoolean", "abstract lenient-display-validation"),
        ("valueCanonical", "useSupplement"),
        ("", "codeSystem coding codeableConcept tx-resource"));

    public static void Map(RouteGroupBuilder fhir) => fhir.MapTerminology("validate-code", "CodeSystem", onInstance: true, Known, (vocabulary, question) => vocabulary.ValidateInCodeSystem(question));
}
