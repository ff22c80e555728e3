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
    /// <summary>The version that the value set asks for, or null for any.</summary>
    public string? Asked { get; init; }
    /// <summary>The version that counts, after the wishes of the request: a version, a pattern such as <c>1.x</c>, or null for the newest.</summary>
    public string? Version { get; init; }
    /// <summary>The code system, or null when it is not loaded.</summary>
    public CodeContent? Content { get; init; }
    /// <summary>Finds another version of the same code system.</summary>
    public required Func<string, CodeContent?> InVersion { get; init; }
    /// <summary>The concepts it lists, by code; null when it lists none.</summary>
    public FrozenDictionary<string, Element>? Listed { get; init; }
    public required IReadOnlyList<ConceptFilter> Filters { get; init; }
    public required IReadOnlyList<ValueSetContent> ValueSets { get; init; }
    /// <summary>The canonicals of value sets that it names and that are not loaded.</summary>
    public required IReadOnlyList<string> Missing { get; init; }

    /// <summary>How many includes a question to it may have to pass.</summary>
    public long Size => 1 + Filters.Count + ValueSets.Sum(v => v.Size);

    public Membership Has(string? system, string? version, string code)
    {
        var answer = System is null ? Membership.In : system is null || system == System ? Own(version, code) : Membership.Out;
        for (var i = 0; i < ValueSets.Count && answer != Membership.Out; i++) answer = answer.And(ValueSets[i].Has(system, version, code));
        return Missing.Count == 0 ? answer : answer.And(Membership.Unknown);
    }

    /// <summary>True when a coding of that version can be judged by it: it asks for no other.</summary>
    public bool Accepts(string version) => Version is null || VersionPattern.Matches(Version, version);

    /// <summary>The content that a coding with that version is looked up in; null when that version is not loaded.</summary>
    public CodeContent? For(string? version) => version is null || version == Content?.Version ? Content : InVersion(version);

    private Membership Own(string? version, string code)
    {
        if (version is null || Content?.Version is null || version == Content.Version) return Own(Content, code);
        if (!Accepts(version)) return Membership.Out;
        if (InVersion(version) is { } other) return Own(other, code);
        // That version is not loaded: only a code that this one has can be judged.
        return Own(Content, code) == Membership.Out ? Membership.Unknown : Own(Content, code);
    }

    private Membership Own(CodeContent? content, string code)
    {
        if (Listed is not null && !Listed.ContainsKey(code)) return Membership.Out;
        if (content is null) return Listed is not null && Filters.Count == 0 ? Membership.In : Membership.Unknown;
        if (Filters.Count == 0) return IsTakenAtItsWord(content, code) ? Membership.In : content.Has(code);
        if (content.Find(code) is not { } concept) return content.Has(code);
        var answer = Membership.In;
        for (var i = 0; i < Filters.Count && answer != Membership.Out; i++) answer = answer.And(Filters[i].Has(concept, content));
        return answer;
    }

    // A listed code that only a list with an end could deny: R4 itself lists units that UCUM's grammar refuses ("{# of fetuses}").
    private bool IsTakenAtItsWord(CodeContent content, string code) => Listed is not null && (content is RuledContent || content.Has(code) == Membership.Unknown);
}
