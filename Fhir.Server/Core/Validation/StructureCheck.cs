using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;

namespace Fhir.Server.Core.Validation;

/// <summary>
/// What R4 demands of every resource, whatever its profile: known elements of allowed types, cardinality, formats, required codes,
/// references, contained resources, narrative. Invariants and profiles are not judged here.
/// </summary>
public static class StructureCheck
{
    /// <summary>Everything that is wrong (at most 50 issues), each with its place; empty when all is well. In a transaction's entry references may be conditional.</summary>
    public static IReadOnlyList<Issue> Check(Element root, bool inTransaction = false)
    {
        var findings = new Findings();
        new StructureWalk(findings, inTransaction || root.Type == "Bundle").Resource(root);
        return findings.All;
    }
}

/// <summary>What was found wrong so far.</summary>
internal sealed class Findings
{
    private const int Most = 50;
    private List<Issue>? _issues;

    public IReadOnlyList<Issue> All => _issues ?? (IReadOnlyList<Issue>)[];

    /// <param name="code">An issue type of https://hl7.org/fhir/R4/valueset-issue-type.html</param>
    public void Add(Element where, string code, string text, string below = "")
    {
        if (_issues?.Count >= Most) return;   // a location costs a walk
        (_issues ??= []).Add(new(IssueKind.Invalid, text, where.Location + below) { Code = code });
    }
}
