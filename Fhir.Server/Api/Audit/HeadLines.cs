using System.Runtime.CompilerServices;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Api.Audit;

/// <summary>The signed heads as the database has them, series by series, a page at a time.</summary>
public sealed class HeadLines(Session session)
{
    private const int PerPage = 500;
    private readonly Dictionary<string, (long K, Queue<string> Page)> _at = new(StringComparer.Ordinal);

    /// <summary>Each series with the number of its last line.</summary>
    public async Task<Dictionary<string, long>> SeriesAsync(CancellationToken stop) =>
        (await session.QueryAsync(Sql.Raw("select series, max(k) from audit_head group by series"), r => (r.GetString(0), r.GetInt64(1)), stop)).ToDictionary(s => s.Item1, s => s.Item2, StringComparer.Ordinal);

    /// <summary>The next line of a series; null at its end.</summary>
    public async ValueTask<string?> NextAsync(string series, CancellationToken stop)
    {
        var (k, page) = _at.TryGetValue(series, out var at) ? at : (0, new());
        if (page.Count == 0)
        {
            foreach (var (next, line) in await session.QueryAsync(Sql.Of($"select k, line from audit_head where series = {series} and k > {k} order by k limit {PerPage}"), r => (r.GetInt64(0), r.GetString(1)), stop))
            {
                k = next;
                page.Enqueue(line);
            }
            _at[series] = (k, page);
        }
        return page.TryDequeue(out var first) ? first : null;
    }

    public async IAsyncEnumerable<string> AllAsync(string series, [EnumeratorCancellation] CancellationToken stop)
    {
        while (await NextAsync(series, stop) is { } line) yield return line;
    }
}
