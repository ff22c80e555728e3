using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Packages;

namespace Fhir.Server.Core.FhirPath;

/// <summary>What an evaluation may ask of the world around it. All of it is optional: without it an expression sees its resource only.</summary>
public sealed record EvaluationContext
{
    /// <summary>Nothing from outside; enough for search expressions.</summary>
    public static readonly EvaluationContext Bare = new();

    /// <summary>For <c>now()</c>, <c>today()</c> and <c>timeOfDay()</c>: without it they are issues.</summary>
    public TimeProvider? Clock { get; init; }
    /// <summary>Finds what a reference text points to, or null. Asked after the contained resources; without an answer <c>resolve()</c> gives a stub that has type and id only.</summary>
    public Func<string, Element?>? Resolve { get; init; }
    /// <summary>Values of <c>%name</c> beyond those that FHIR defines.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<Element>>? Variables { get; init; }
    /// <summary>Answers <c>memberOf(valueset)</c>; null when the value set is unknown.</summary>
    public Func<Element, string, bool?>? MemberOf { get; init; }
    /// <summary>Answers <c>conformsTo(profile)</c> for profiles that are no plain R4 type; null when the profile is unknown.</summary>
    public Func<Element, string, bool?>? ConformsTo { get; init; }
    /// <summary>Answers <c>subsumes</c> and <c>subsumedBy</c> for two Codings, the wider one first; null when that cannot be told.</summary>
    public Func<Element, Element, bool?>? Subsumes { get; init; }
    /// <summary>Answers <c>slice(structure, name)</c>: whether the element is in that slice; null when the structure is unknown.</summary>
    public Func<Element, string, string, bool?>? InSlice { get; init; }
    /// <summary>Where <c>elementDefinition()</c> looks.</summary>
    public Conformance Conformance { get; init; } = Conformance.R4;
    /// <summary>Told of what passes a <c>trace(name)</c>.</summary>
    public Action<string, IReadOnlyList<Element>>? Trace { get; init; }
    /// <summary>How much work one evaluation may be; past it, it is an issue (<c>too-costly</c>).</summary>
    public int MostSteps { get; init; } = 2_000_000;
}
