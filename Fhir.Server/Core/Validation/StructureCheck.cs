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
        var findings = new Findings(50);
        Check(root, inTransaction, findings);
        return findings.All;
    }

    internal static void Check(Element root, bool inTransaction, Findings findings) =>
        new StructureWalk(findings, inTransaction || root.Type == "Bundle").Resource(root);
}
