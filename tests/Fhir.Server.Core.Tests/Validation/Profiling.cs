using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Tests.Json;
using Fhir.Server.Core.Validation;

namespace Fhir.Server.Core.Tests.Validation;

/// <summary>Profiles written in a few lines, and what they find in resources written in a few more.</summary>
internal static class Profiling
{
    public const string Url = "http://example.org/p";

    /// <summary>A profile of a type by the elements of its differential.</summary>
    public static Element Profile(string type, string elements, string url = Url, string context = """{"type":"element","expression":"Element"}""") => Reading.Read($$"""
        {"resourceType":"StructureDefinition","url":"{{url}}","name":"P","status":"draft","kind":"{{(DefinitionSet.R4.IsResource(type) ? "resource" : "complex-type")}}",
         "abstract":false,"type":"{{type}}","baseDefinition":"http://hl7.org/fhir/StructureDefinition/{{type}}","derivation":"constraint",
         {{(type == "Extension" ? $"\"context\":[{context}]," : "")}}
         "differential":{"element":[{"id":"{{type}}","path":"{{type}}"},{{elements}}] } }
        """);

    /// <summary>The places of the errors that a profile finds, each as <c>place code</c>; R4's own rules are left out.</summary>
    public static List<string> Errors(Element profile, string resource, params Element[] beside) =>
        [.. Issues(profile, resource, beside).Errors().Select(i => $"{i.Where} {i.Code}")];

    public static IReadOnlyList<Issue> Issues(Element profile, string resource, params Element[] beside) =>
        Judged.With([profile, .. beside]).Validate(Reading.Read(resource), Judged.Request with { Structure = false, BaseRules = false, DeclaredProfiles = false, Profiles = [Url] });

    /// <summary>The errors that R4 itself finds.</summary>
    public static List<string> BaseErrors(string resource, params Element[] loaded) =>
        [.. Judged.With(loaded).Validate(Reading.Read(resource), Judged.Request).Errors().Select(i => $"{i.Where} {i.Rule ?? i.Code}")];
}
