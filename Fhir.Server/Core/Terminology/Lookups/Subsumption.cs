// https://hl7.org/fhir/R4/codesystem-operation-subsumes.html
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Terminology.Systems;

namespace Fhir.Server.Core.Terminology.Lookups;

/// <summary>Tells how two codes of one code system stand in its hierarchy.</summary>
internal sealed class Subsumption(Vocabulary vocabulary, Question question)
{
    public Result<Element> Run()
    {
        if (Subject.Find(vocabulary.Systems, question, "codeA", "codingA", []).Failed(out var issue, out var a)) return issue;
        if (Subject.Find(vocabulary.Systems, question, "codeB", "codingB", []).Failed(out issue, out var b)) return issue;
        if (a.Content.Url != b.Content.Url) return new Issue(IssueKind.Invalid, "Both codes must be of one code system.", "Parameters.parameter.where(name='codingB')") { Code = "value" };
        if (OtherMeaning(a) is { } meaning)
            return new Issue(IssueKind.Unfit, $"The hierarchy of {a.Content.Canonical} is {meaning}: it says nothing of what subsumes what.") { Code = "not-supported" };
        var answer = Answer.New();
        answer.Put("outcome", "valueCode", Outcome(a, b));
        return answer;
    }

    /// <summary>Whether the one Coding is the other or stands above it; null when that cannot be told.</summary>
    public static bool? Holds(CodeSystems systems, Element wide, Element narrow)
    {
        if (Concept(systems, wide) is not { } a || Concept(systems, narrow) is not { } b) return null;
        if (a.Content.Url != b.Content.Url) return false;
        return OtherMeaning(a) is null ? Outcome(a, b) is "equivalent" or "subsumes" : null;
    }

    private static Subject? Concept(CodeSystems systems, Element coding) =>
        coding["system"].Text is { } system && coding["code"].Text is { } code && systems.Find(system, coding["version"].Text) is { } content && content.Find(code) is { } concept ? new(content, concept) : null;

    private static string? OtherMeaning(Subject of) => of.Content.Source["hierarchyMeaning"].Text is { } meaning and not "is-a" ? meaning : null;

    // Two versions of a code system have concepts of their own: they are compared by their codes.
    private static string Outcome(Subject a, Subject b) =>
        a.Content.Comparer.Equals(a.Concept.Code, b.Concept.Code) ? "equivalent"
        : b.Concept.Ancestors().Any(c => c.Code == a.Concept.Code) ? "subsumes"
        : a.Concept.Ancestors().Any(c => c.Code == b.Concept.Code) ? "subsumed-by"
        : "not-subsumed";
}
