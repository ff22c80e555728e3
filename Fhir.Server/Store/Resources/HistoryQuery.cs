using Fhir.Server.Store.Access;

namespace Fhir.Server.Store.Resources;

/// <summary>A version named by its number — https://hl7.org/fhir/R4/http.html#vread</summary>
public readonly record struct VersionKey(ResourceKey Key, string Version);

/// <summary>Which history — https://hl7.org/fhir/R4/http.html#history: of one resource, a type (Key null) or everything (both null). Newest first.</summary>
public sealed record HistoryQuery(string? Type, ResourceKey? Key)
{
    public DateTimeOffset? Since { get; init; }
    public DateTimeOffset? At { get; init; }
    public int Count { get; init; } = 50;
    /// <summary>The sealed token of the page before, or null for the first page.</summary>
    public string? Page { get; init; }
}

/// <summary>A page of history: versions newest first, the number of all, and the sealed token of the next page.</summary>
public sealed record HistoryPage(IReadOnlyList<ResourceVersion> Versions, long Total, string? Next);
