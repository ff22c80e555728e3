using Fhir.Server.Store.Access;

namespace Fhir.Server.Store.Search;

/// <summary>One page of what was found, as the caller may see it.</summary>
public sealed record SearchPage(IReadOnlyList<ResourceVersion> Matches, IReadOnlyList<ResourceVersion> Includes)
{
    /// <summary>Where contained resources were asked for: which of them each match contains, by their ids inside it; "" = the match itself.</summary>
    public IReadOnlyDictionary<long, IReadOnlyList<string>>? Inside { get; init; }
    /// <summary>How many match; null when it is not known without counting and was not asked for.</summary>
    public long? Total { get; init; }
    /// <summary>The sealed token of the next page, or null on the last.</summary>
    public string? Next { get; init; }
    /// <summary>For the log: the rids of what the criteria name, and of what was counted only.</summary>
    public IReadOnlyList<long> Concerned { get; init; } = [];
    /// <summary>More would have been included than a page holds: the answer must say so.</summary>
    public bool IncludesCut { get; init; }
}
