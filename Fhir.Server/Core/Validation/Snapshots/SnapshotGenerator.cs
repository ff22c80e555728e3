using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Packages;

namespace Fhir.Server.Core.Validation.Snapshots;

/// <summary>Makes the snapshot of a profile that ships only a differential — https://hl7.org/fhir/R4/profiling.html#snapshot</summary>
internal static class SnapshotGenerator
{
    public static Result<Element> Generate(Element structureDefinition, Conformance conformance) =>
        new Issue(IssueKind.Unsupported, $"{structureDefinition["url"].Text} has no snapshot.");
}
