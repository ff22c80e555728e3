// https://hl7.org/fhir/R4/valueset.html#compositions
using System.Collections.Frozen;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Terminology.Systems;

namespace Fhir.Server.Core.Terminology.ValueSets;

/// <summary>One <c>compose.include</c> or <c>exclude</c>: what it says itself, and in all of the value sets that it names.</summary>
public sealed class Include
{
    /// <summary>The element it was read from.</summary>
    public required Element Source { get; init; }
    /// <summary>Null where it only names value sets.</summary>
    public string? System { get; init; }
    /// <summary>The version that it asks for, or null for any.</summary>
    public string? Version { get; init; }
    /// <summary>The code system, or null when it is not loaded.</summary>
    public CodeContent? Content { get; init; }
    /// <summary>The concepts it lists, by code; null when it lists none.</summary>
    public FrozenDictionary<string, Element>? Listed { get; init; }
    public required IReadOnlyList<ConceptFilter> Filters { get; init; }
    /// <summary>The value sets it names; null for one that is not loaded.</summary>
    public required IReadOnlyList<ValueSetContent?> ValueSets { get; init; }

    public Membership Has(string? system, string? version, string code)
    {
        var answer = System is null ? Membership.In : system is null || system == System ? Own(version, code) : Membership.Out;
        for (var i = 0; i < ValueSets.Count && answer != Membership.Out; i++) answer = answer.And(ValueSets[i]?.Has(system, version, code) ?? Membership.Unknown);
        return answer;
    }

    private Membership Own(string? version, string code)
    {
        var answer = Own(code);
        if (version is null || Content?.Version is not { } known || known == version) return answer;
        // Another version than the one that is loaded: only a code that this version has can be judged.
        if (Version is not null && VersionOrder.Matches(Version, known)) return Membership.Out;
        return answer == Membership.Out ? Membership.Unknown : answer;
    }

    private Membership Own(string code)
    {
        if (Listed is not null && !Listed.ContainsKey(code)) return Membership.Out;
        if (Content is null) return Listed is not null && Filters.Count == 0 ? Membership.In : Membership.Unknown;
        if (Filters.Count == 0) return Content.Has(code) is Membership.Unknown && Listed is not null ? Membership.In : Content.Has(code);
        if (Content.Find(code) is not { } concept) return Content.Has(code);
        var answer = Membership.In;
        for (var i = 0; i < Filters.Count && answer != Membership.Out; i++) answer = answer.And(Filters[i].Has(concept));
        return answer;
    }
}
