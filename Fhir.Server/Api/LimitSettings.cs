using System.Globalization;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Search;
using Microsoft.Extensions.Configuration;

namespace Fhir.Server.Api;

/// <summary>How much one request may ask for, and how many at once; docs/limits.md says what is answered past each.</summary>
public sealed record LimitSettings
{
    /// <summary>How long a query may take before it is ended.</summary>
    public int QuerySeconds { get; init; } = 30;
    /// <summary>How many requests of known callers may be under way at once on this node.</summary>
    public int RequestsAtOnce { get; init; } = 256;
    /// <summary>How many more may wait for that.</summary>
    public int RequestsWaiting { get; init; } = 1024;
    /// <summary>The part of both that one caller may have, in hundredths.</summary>
    public int CallerPercent { get; init; } = 50;

    /// <summary>The entries of a batch or transaction.</summary>
    public int BundleEntries { get; init; } = 10_000;
    /// <summary>How deep objects and arrays may stand in each other.</summary>
    public int Nesting { get; init; } = JsonReader.MaxDepth;
    /// <summary>How much one search may ask for.</summary>
    public SearchLimits Search { get; init; } = SearchLimits.Usual;

    /// <summary>The settings under <c>Limits</c>, or the one sentence that says what is wrong with them.</summary>
    public static Result<LimitSettings> Read(IConfiguration from)
    {
        var numbers = new Numbers(from);
        var usual = new LimitSettings();
        var read = new LimitSettings
        {
            QuerySeconds = numbers.Of("Limits:QuerySeconds", usual.QuerySeconds, 1, 3600),
            RequestsAtOnce = numbers.Of("Limits:RequestsAtOnce", usual.RequestsAtOnce, 1, 100_000),
            RequestsWaiting = numbers.Of("Limits:RequestsWaiting", usual.RequestsWaiting, 0, 1_000_000),
            CallerPercent = numbers.Of("Limits:CallerPercent", usual.CallerPercent, 1, 100),
            BundleEntries = numbers.Of("Limits:BundleEntries", usual.BundleEntries, 1, 1_000_000),
            Nesting = numbers.Of("Limits:Nesting", usual.Nesting, 8, JsonReader.MaxDepth),   // what is stored is read again, and no deeper than that
            Search = Searching(numbers),
        };
        return numbers.Wrong is { } wrong ? wrong : read;
    }

    private static SearchLimits Searching(Numbers numbers) => new()
    {
        Parameters = numbers.Of("Limits:Parameters", SearchLimits.Usual.Parameters, 1, 1000),
        Values = numbers.Of("Limits:Values", SearchLimits.Usual.Values, 1, 2000),
        ValuesTogether = numbers.Of("Limits:ValuesTogether", SearchLimits.Usual.ValuesTogether, 1, 5000),
        ChainLinks = numbers.Of("Limits:ChainLinks", SearchLimits.Usual.ChainLinks, 0, 10),
        SortKeys = numbers.Of("Limits:SortKeys", SearchLimits.Usual.SortKeys, 1, 20),
        TextLength = numbers.Of("Limits:TextLength", SearchLimits.Usual.TextLength, 1, 100_000),
        Scanned = numbers.Of("Limits:Scanned", SearchLimits.Usual.Scanned, 1, 10_000_000),
        PageSize = numbers.Of("Limits:PageSize", SearchLimits.Usual.PageSize, 1, 5000),
        Includes = numbers.Of("Limits:Includes", SearchLimits.Usual.Includes, 1, 5000),
        IncludeRounds = numbers.Of("Limits:IncludeRounds", SearchLimits.Usual.IncludeRounds, 1, 100),
    };

    private sealed class Numbers(IConfiguration from)
    {
        public Issue? Wrong { get; private set; }

        public int Of(string name, int usual, int least, int most)
        {
            if (from[name] is not { Length: > 0 } text) return usual;
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most) return number;
            Wrong ??= new(IssueKind.Invalid, string.Create(CultureInfo.InvariantCulture, $"{name} must be a number from {least} to {most}."));
            return usual;
        }
    }
}
