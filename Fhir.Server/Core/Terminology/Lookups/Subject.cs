using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Terminology.Systems;

namespace Fhir.Server.Core.Terminology.Lookups;

/// <summary>The concept that a question is about, found in its code system.</summary>
internal sealed record Subject(CodeContent Content, Concept Concept)
{
    public static Result<Subject> Find(CodeSystems systems, Question question, string code, string coding, IReadOnlyList<Element> supplements)
    {
        var given = question.Value(coding);
        var system = question.Instance["url"].Text ?? given["system"].Text ?? question.Text("system");
        var version = question.Instance.Exists ? question.Instance["version"].Text : given["version"].Text ?? question.Text("version");
        if (system is null) return Needed("system");
        if ((given["code"].Text ?? question.Text(code)) is not { } wanted) return Needed(code);
        if (systems.Find(system, version, supplements) is not { } content)
            return new Issue(IssueKind.NotFound, new VersionTexts(systems).Unknown(system, version, "code cannot be looked up")) { Code = "not-found", Rule = "not-found" };
        return content.Find(wanted) is { } concept ? new Subject(content, concept)
            : new Issue(IssueKind.NotFound, $"Unknown code '{wanted}' in the CodeSystem '{content.Canonical}'") { Code = "not-found", Rule = "not-found" };
    }

    private static Issue Needed(string name) => new(IssueKind.Invalid, $"The parameter {name} is needed.", $"Parameters.parameter.where(name='{name}')") { Code = "required" };
}
