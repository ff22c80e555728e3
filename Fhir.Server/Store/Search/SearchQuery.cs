namespace Fhir.Server.Store.Search;

/// <summary>A parsed search — https://hl7.org/fhir/R4/search.html.</summary>
public sealed partial class SearchQuery
{
    /// <summary>The type searched, or null for a search over all types.</summary>
    public string? Type { get; init; }
}
