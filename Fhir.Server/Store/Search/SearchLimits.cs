namespace Fhir.Server.Store.Search;

/// <summary>How much one search may ask for.</summary>
public sealed record SearchLimits
{
    public static readonly SearchLimits Usual = new();

    public int Parameters { get; init; } = 100;
    /// <summary>The values of one parameter, with commas between them.</summary>
    public int Values { get; init; } = 500;
    /// <summary>The values of all parameters over all types that they lead over: each is a piece of SQL, and If-None-Exist runs under the commit lock.</summary>
    public int ValuesTogether { get; init; } = 800;
    /// <summary>The links of one chain, <c>_has</c> included.</summary>
    public int ChainLinks { get; init; } = 5;
    public int SortKeys { get; init; } = 8;
    /// <summary>The characters of one text.</summary>
    public int TextLength { get; init; } = 2000;
    /// <summary>The values that a <c>:contains</c> without an index looks at, unless other conditions leave fewer resources.</summary>
    public int Scanned { get; init; } = 100_000;
    /// <summary>The matches of one page; who asks for more gets so many.</summary>
    public int PageSize { get; init; } = SearchQuery.MostCount;
    /// <summary>The resources that one page includes.</summary>
    public int Includes { get; init; } = 1000;
    /// <summary>How often <c>:iterate</c> goes on from what was included.</summary>
    public int IncludeRounds { get; init; } = 25;
}
