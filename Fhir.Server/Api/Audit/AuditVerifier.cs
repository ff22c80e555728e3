using Fhir.Server.Store.Audit;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Api.Audit;

/// <summary>What a verification went over, and the first thing that is not as it was written.</summary>
public sealed record AuditVerdict
{
    public long Rows { get; set; }
    /// <summary>Rows from before the chains: nothing tells whether somebody changed them before the first signed head.</summary>
    public long RowsBefore { get; set; }
    public int Chains { get; set; }
    public long Heads { get; set; }
    /// <summary>Signed heads of other servers: compared with the rows, but their signatures are not ours to check.</summary>
    public long HeadsOfOthers { get; set; }
    /// <summary>Rows behind the last signed head of their chain: who took away the newest of them would not be found out.</summary>
    public long Unsigned { get; set; }
    public Fault? Row { get; set; }
    /// <summary>The first row that the index of patients does not know as it ought to; looked for when the rows themselves are good.</summary>
    public Fault? Index { get; set; }
    /// <summary>What is wrong with the signed heads themselves.</summary>
    public string? Head { get; set; }
    public bool IsGood => Row is null && Index is null && Head is null;
}

/// <summary>Recomputes all chains of the audit and holds them against the signed heads. Reads only; the server may run or not.</summary>
public sealed class AuditVerifier(TenantDatabase database, HeadsFile file, AuditKey? key, bool isOnlyServer)
{
    private readonly AuditVerdict _verdict = new();
    private readonly List<string> _others = [];   // series of heads that stand in the database alone
    private long _goodLines;

    public async Task<AuditVerdict> RunAsync(CancellationToken stop)
    {
        await using var writes = await database.ReadAsync(snapshot: false, stop);
        await using var reads = await database.ReadAuditAsync(stop);
        _verdict.Head = key is null ? "keys/audit-signing.pem is missing: no signed head can be checked" : await HeadsAsync(new(reads), stop);
        foreach (var chain in await ChainsAsync(reads, stop))
        {
            _verdict.Row = await ChainAsync(chain, chain.IsWrites ? writes : reads, reads, stop);
            if (_verdict.Row is not null) break;
        }
        if (_verdict.Row is null) _verdict.Index = await new PatientIndexCheck(database).RunAsync(stop);
        return _verdict;
    }

    /// <summary>Every line of the file is as it was signed, and the database has the same ones. Ends at the first line that is not so.</summary>
    private async Task<string?> HeadsAsync(HeadLines stored, CancellationToken stop)
    {
        var inDatabase = await stored.SeriesAsync(stop);   // before the file, which is written first
        if (inDatabase.Count > 0 && !file.Exists && isOnlyServer) return "the file of signed heads is gone, and the database has some";
        var seen = new Dictionary<string, long>(StringComparer.Ordinal);
        await foreach (var line in file.LinesAsync(stop))
        {
            if (SignedHeads.Read(line, key!) is not ({ } heads, var own)) return $"line {_goodLines + 1} of the file of signed heads was altered";
            if (!own) return $"line {_goodLines + 1} of the file of signed heads is signed by another key";
            if (heads.K != seen.GetValueOrDefault(heads.Series) + 1) return $"a line is missing from the file of signed heads before line {_goodLines + 1}";
            var copy = await stored.NextAsync(heads.Series, stop);
            if (copy is null ? heads.K <= inDatabase.GetValueOrDefault(heads.Series) : copy != line) return $"line {_goodLines + 1} of the file of signed heads, of {heads.At}, is not what the database has";
            seen[heads.Series] = heads.K;
            _goodLines++;
            _verdict.Heads++;
        }
        foreach (var (series, last) in inDatabase)
        {
            var inFile = seen.GetValueOrDefault(series);
            if (inFile > 0 || isOnlyServer ? inFile < last : false) return $"the file of signed heads lacks lines that the database has, from line {_goodLines + 1} on";
            if (inFile == 0) _others.Add(series);
        }
        return await OthersAsync(stored, stop);
    }

    private async Task<string?> OthersAsync(HeadLines stored, CancellationToken stop)
    {
        foreach (var series in _others)
        {
            await foreach (var line in stored.AllAsync(series, stop))
            {
                if (SignedHeads.Read(line, key!) is null) return $"a signed head of another server (series {series}) was altered in the database";
                _verdict.HeadsOfOthers++;
            }
        }
        return null;
    }

    private async Task<List<ChainId>> ChainsAsync(Session reads, CancellationToken stop)
    {
        var (write, read) = (AuditTables.Writes.Name, AuditTables.Reads.Name);
        var chains = new SortedSet<long> { 0 };
        foreach (var head in await ChainHeads.ReadAsync(database, stop)) chains.Add(head.Chain.IsWrites ? 0 : head.Chain.Chain);
        foreach (var source in Sources(reads, stop))
            await foreach (var (head, _) in source) chains.Add(head.Chain.IsWrites ? 0 : head.Chain.Chain);   // a chain may be gone altogether
        return [new(write, 0), new(write, ChainId.OfWrites), .. chains.Select(c => new ChainId(read, c))];
    }

    private async Task<Fault?> ChainAsync(ChainId chain, Session rows, Session reads, CancellationToken stop)
    {
        var cursors = Sources(reads, stop).Select(source => new HeadCursor(chain, source, stop)).ToList();
        try
        {
            return await ChainAsync(chain, await ChainWalk.BeginAsync(rows, chain, stop), cursors, stop);
        }
        finally
        {
            foreach (var cursor in cursors) await cursor.DisposeAsync();
        }
    }

    private async Task<Fault?> ChainAsync(ChainId chain, ChainWalk walk, List<HeadCursor> cursors, CancellationToken stop)
    {
        foreach (var cursor in cursors) await cursor.BeginAsync();
        var start = walk.LastN;
        var fault = await walk.RunAsync(() => chain.IsBefore ? default : PassAsync(walk, cursors), stop);
        if (chain.IsBefore) _verdict.RowsBefore += walk.Rows;
        else (_verdict.Rows, _verdict.Chains) = (_verdict.Rows + walk.Rows, _verdict.Chains + (walk.Rows > 0 ? 1 : 0));
        if (fault is null && chain.IsBefore && walk.Rows > 0) fault = cursors.Select(cursor => cursor.Unknown(walk.FirstN)).FirstOrDefault(unknown => unknown is not null) ?? await PassAsync(walk, cursors);
        if (!chain.IsBefore) _verdict.Unsigned += walk.LastN - cursors.Aggregate(start, (most, cursor) => Math.Max(most, cursor.LastSigned));
        return fault ?? cursors.Select(cursor => cursor.Left(walk.LastN)).FirstOrDefault(left => left is not null);
    }

    private static async ValueTask<Fault?> PassAsync(ChainWalk walk, List<HeadCursor> cursors)
    {
        foreach (var cursor in cursors)
            if (await cursor.PassAsync(walk.LastN, walk.Hash) is { } fault) return fault;
        return null;
    }

    // The file's heads, and those of other servers: each in the order it was signed.
    private IEnumerable<IAsyncEnumerable<(ChainHead Head, string At)>> Sources(Session reads, CancellationToken stop) => key is null ? []
        : [HeadsInAsync(file.LinesAsync(stop), _goodLines), .. _others.Select(series => HeadsInAsync(new HeadLines(reads).AllAsync(series, stop), long.MaxValue))];

    private async IAsyncEnumerable<(ChainHead Head, string At)> HeadsInAsync(IAsyncEnumerable<string> lines, long good)
    {
        await foreach (var line in lines)
        {
            if (good-- == 0 || SignedHeads.Read(line, key!) is not ({ } heads, _)) break;
            foreach (var head in heads.Heads) yield return (head, heads.At);
        }
    }
}
