using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Terminology.Systems;
using Fhir.Server.Core.Terminology.ValueSets;

namespace Fhir.Server.Core.Terminology.Expanding;

/// <summary>One code of an expansion. Listed = the <c>compose.include.concept</c> that names it, or null.</summary>
internal sealed record Entry(Include Include, CodeContent? Content, Concept? Concept, string Code, Element? Listed)
{
    public string? System => Include.System;
    public string? Version => Content?.Version ?? Include.Version;
    public bool IsInactive => Concept?.IsInactive == true;
    /// <summary>Those that stand below it, where the expansion shows the hierarchy.</summary>
    public List<Entry> Below { get; } = [];

    public IEnumerable<Entry> Flat() => Below.SelectMany(e => e.Flat()).Prepend(this);
}
