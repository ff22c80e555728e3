using System.Runtime.CompilerServices;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Packages;

namespace Fhir.Server.Core.Validation.Snapshots;

/// <summary>All elements of a profile with all that its bases and types say of them — https://hl7.org/fhir/R4/profiling.html#snapshot</summary>
public static class Snapshot
{
    // Both are let go of with the definition: one that is only looked at leaves nothing behind.
    private static readonly ConditionalWeakTable<Conformance, ConditionalWeakTable<Element, Result<Element>>> Made = [];

    /// <summary>The <c>snapshot</c> of a StructureDefinition: the shipped one, else one made of its differential and kept with the conformance.</summary>
    public static Result<Element> Of(Element structureDefinition, Conformance conformance) => Of(structureDefinition, conformance, SnapshotGenerator.Generate);

    internal static Result<Element> Of(Element structureDefinition, Conformance conformance, Func<Element, Conformance, Result<Element>> make) =>
        structureDefinition["snapshot"] is { Exists: true, Children.Count: > 0 } shipped
            ? shipped
            : Made.GetOrCreateValue(conformance).GetValue(structureDefinition, s => make(s, conformance));
}
