using Microsoft.AspNetCore.Routing;

namespace Fhir.Server.Api.Operations;

/// <summary>ConceptMap/$translate — https://hl7.org/fhir/R4/conceptmap-operation-translate.html; the names of R5 are known too.</summary>
internal static class TranslateCode
{
    private static readonly IReadOnlyDictionary<string, string> Known = TerminologyOperations.Takes(
        ("valueUri", "url system source target targetsystem sourceScope targetScope sourceSystem targetSystem"),
        ("valueString", "conceptMapVersion version"),
        ("valueCode", "code sourceCode targetCode"),
        ("valueBoolean", "reverse"),
        ("", "conceptMap coding codeableConcept sourceCoding sourceCodeableConcept targetCoding dependency dependsOn tx-resource"));

    public static void Map(RouteGroupBuilder fhir) => fhir.MapTerminology("translate", "ConceptMap", onInstance: true, Known, (vocabulary, question) => vocabulary.Translate(question));
}
