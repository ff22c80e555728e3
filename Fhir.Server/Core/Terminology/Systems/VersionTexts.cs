using Fhir.Server.Core.Outcomes;

namespace Fhir.Server.Core.Terminology.Systems;

/// <summary>How it is told that a code system, or the right version of it, is not there.</summary>
internal sealed class VersionTexts(CodeSystems systems)
{
    public string Unknown(string system, string? version, string what = "code cannot be validated")
    {
        var name = version is null ? $"CodeSystem '{system}'" : $"CodeSystem '{system}' version '{version}'";
        var text = $"A definition for {name} could not be found, so the {what}";
        if (version is null) return text;
        return systems.Versions(system) is { Count: > 0 } versions ? $"{text}. Valid versions: {string.Join(" or ", versions)}" : $"{text}. No versions of this code system are known";
    }

    /// <summary>The name by which HL7's tools know that text.</summary>
    public string IdOf(string system, string? version) =>
        version is null ? "UNKNOWN_CODESYSTEM" : systems.Versions(system).Count > 0 ? "UNKNOWN_CODESYSTEM_VERSION" : "UNKNOWN_CODESYSTEM_VERSION_NONE";

    public static string NotAllowed(string system, string version, string wanted) =>
        $"The version '{version}' is not allowed for system '{system}': required to be '{wanted}' by a version-check parameter";

    public Issue? Refused(string system, string version, VersionRules rules) =>
        rules.Check(system) is not { } wanted || VersionPattern.Matches(wanted, version) ? null
        : new(IssueKind.Unfit, NotAllowed(system, version, wanted)) { Code = "exception", Rule = "version-error" };

    public bool IsLoaded(string system) => systems.Find(system) is not null;
}
