using System.Collections.Concurrent;
using System.Globalization;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Search;

/// <summary>How far the rows are that newer versions of this program keep and older ones did not. Until all are there, what they answer is refused: a part of an answer looks like a whole one.</summary>
public sealed class IndexProgress
{
    /// <summary>The name of the newest rows: whoever adds some gives it another, and every resource is gone through once more.</summary>
    public const string Newest = Composites;
    internal const string Words = "words-of-codes-and-canonical-units", Names = "words-of-names", Contained = "contained", Composites = "composites-without-units";
    private static readonly string[] InOrder = [Words, Names, Contained, Composites];   // who has made the later ones has made those before
    private readonly ConcurrentDictionary<string, bool> _worded = new(StringComparer.Ordinal);
    private volatile int _whole = -1;

    /// <summary>The later of two kinds of rows; null = none.</summary>
    internal static string? Later(string? one, string? other) => Array.IndexOf(InOrder, one) >= Array.IndexOf(InOrder, other) ? one : other;

    private async ValueTask<Issue?> NotYetAsync(string rows, Session session, CancellationToken stop)
    {
        var asked = Array.IndexOf(InOrder, rows);
        if (asked <= _whole) return null;
        var percent = 0L;
        foreach (var name in InOrder.Skip(asked))
        {
            var (known, last, top) = await session.FirstAsync(Sql.Of($"select last, top from reindex where name = {name}"), r => (true, r.GetInt64(0), r.GetInt64(1)), stop);
            if (known && last >= top)
            {
                _whole = Math.Max(_whole, Array.IndexOf(InOrder, name));
                return null;
            }
            if (known) percent = 100 * last / top;
        }
        return new Issue(IssueKind.Unavailable, $"What words and units are searched by is still being indexed: {percent.ToString(CultureInfo.InvariantCulture)} % is done.");
    }

    private async ValueTask<Issue?> NotYetWordedAsync(string type, Session session, CancellationToken stop)
    {
        if (_worded.ContainsKey(type)) return null;
        var (known, last, top) = await session.FirstAsync(Sql.Of($"select last, top from reindex where name = {ParameterNumbers.ProgressOfWords(type)}"), r => (true, r.GetInt64(0), r.GetInt64(1)), stop);
        if (known && last >= top) _worded[type] = true;
        return known && last >= top ? null : new Issue(IssueKind.Unavailable, $"The words of {type} are still being indexed: {(known ? 100 * last / top : 0).ToString(CultureInfo.InvariantCulture)} % is done.");
    }

    /// <summary>Null when all that the query asks of is there: rows that came later, and the deployer's own parameters as they were when it was read.</summary>
    internal async ValueTask<Issue?> NotYetAsync(SearchQuery query, SearchCatalog catalog, ParameterNumbers numbers, Session session, CancellationToken stop)
    {
        if (query.AsksRows is { } later && await NotYetAsync(later, session, stop) is { } words) return words;
        foreach (var type in query.Worded)
            if (await NotYetWordedAsync(type, session, stop) is { } worded) return worded;
        foreach (var parameter in query.Custom)
        {
            var percent = catalog.Of(parameter.Base).GetValueOrDefault(parameter.Code)?.Definition.Custom == parameter.Custom ? await numbers.PercentAsync(parameter, session, stop) : null;
            if (percent is null) return new Issue(IssueKind.Unavailable, "This search parameter was changed just now: ask again.", parameter.Code);
            if (percent < 100) return new Issue(IssueKind.Unavailable, $"This search parameter is still being indexed: {percent} % is done.", parameter.Code);
        }
        return null;
    }
}
