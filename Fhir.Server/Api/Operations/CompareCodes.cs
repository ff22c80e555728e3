using Microsoft.AspNetCore.Routing;

namespace Fhir.Server.Api.Operations;

/// <summary>CodeSystem/$subsumes — https://hl7.org/fhir/R4/codesystem-operation-subsumes.html</summary>
internal static class CompareCodes
{
    private static readonly IReadOnlyDictionary<string, string> Known = TerminologyOperations.Takes(("valueUri", "system"), ("valueString", "version"), ("valueCode", "codeA codeB"), ("", "codingA codingB tx-resource"));

    public static void Map(RouteGroupBuilder fhir) => fhir.MapTerminology("subsumes", "CodeSystem", onInstance: true, Known, (vocabulary, question) => vocabulary.Subsumes(question));
}
