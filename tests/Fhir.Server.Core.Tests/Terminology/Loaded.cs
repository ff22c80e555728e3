using Fhir.Server.Core.Packages;
using Fhir.Server.Core.Terminology;
using Fhir.Server.Core.Tests.Json;

namespace Fhir.Server.Core.Tests.Terminology;

/// <summary>A vocabulary over resources written in the test.</summary>
internal static class Loaded
{
    public static Vocabulary With(params string[] json) => new(Conformance.R4.With(json.Select(Reading.Read)));

    /// <summary>A complete, case-sensitive code system; concepts as JSON.</summary>
    public static string CodeSystem(string url, string concepts, string more = "") =>
        $$"""{"resourceType":"CodeSystem","url":"{{url}}","status":"active","content":"complete","caseSensitive":true,{{more}}"concept":[{{concepts}}]}""";

    public static string ValueSet(string url, string compose) =>
        $$"""{"resourceType":"ValueSet","url":"{{url}}","status":"active","compose":{ {{compose}} } }""";
}
