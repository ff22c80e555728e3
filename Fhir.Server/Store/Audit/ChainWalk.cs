using System.Data.Common;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Audit;

/// <summary>Walks along one chain and recomputes it, a page of rows at a time: stops at the first row that is not as it was written.</summary>
public sealed class ChainWalk
{
    private const int PerPage = 2000;
    private readonly Session _session;
    private readonly ChainId _chain;
    private readonly long _beyond;
    private readonly Sql _select;
    private readonly AgentCheck _agents;

    private ChainWalk(Session session, ChainId chain, long after, long beyond)
    {
        (_session, _chain, LastN, _beyond) = (session, chain, after, beyond);
        (Hash, _agents) = (ChainHash.Start(chain.Stream, chain.Chain), new(session, chain.Agents));
        _select = Sql.Raw($"select {string.Join(", ", chain.Table.Columns.Select(c => c.Name))} from {chain.Table.Name}");
    }

    public long Rows { get; private set; }
    public long FirstN { get; private set; }
    /// <summary>The last row that was walked over.</summary>
    public long LastN { get; private set; }
    public byte[] Hash { get; private set; }

    /// <summary>At the beginning of a chain; the session must be one on its stream.</summary>
    public static async Task<ChainWalk> BeginAsync(Session session, ChainId chain, CancellationToken stop)
    {
        if (!chain.IsWrites) return new(session, chain, chain.Between.After, chain.Between.Before);
        var before = await ChainHeads.BeforeWritesAsync(session, stop);
        return chain.IsBefore ? new(session, chain, 0, before + 1) : new(session, chain, before, long.MaxValue);
    }

    /// <summary>To the end of the chain. <paramref name="passed"/> is asked after each row: a reason there stops the walk too.</summary>
    public async Task<Fault?> RunAsync(Func<ValueTask<Fault?>> passed, CancellationToken stop)
    {
        while (true)
        {
            var page = await _session.QueryAsync(Sql.Of($"{_select} where n > {LastN} and n < {_beyond} order by n limit {PerPage}"), Read, stop);
            for (var at = 0; at < page.Count; at++)
            {
                if (await StepAsync(page, at, stop) is { } fault) return fault;
                if (await passed() is { } other) return other;
            }
            if (page.Count < PerPage) return null;
        }
    }

    private async ValueTask<Fault?> StepAsync(List<object?[]> page, int at, CancellationToken stop)
    {
        var (row, expected) = (page[at], LastN + 1);
        var (n, kept) = ((long)row[0]!, (byte[]?)row[^1]);
        if (!_chain.IsBefore && n != expected) return new(_chain, expected, "it is missing");
        var hash = ChainHash.Next(Hash, row.AsSpan(0, row.Length - 1));
        if (_chain.IsBefore ? kept is not null : !hash.AsSpan().SequenceEqual(kept)) return new(_chain, n, Why(page, at));
        var agent = (byte[])row[AgentColumn]!;
        if (await _agents.LookAsync(agent, isKeyHash: !_chain.IsBefore, stop) is not { } content) return new(_chain, n, "who did it was altered, or is missing");
        if (_chain.IsBefore) hash = ChainHash.Next(hash, content);   // their keys say nothing about the content
        if (Rows == 0) FirstN = n;
        (Hash, LastN, Rows) = (hash, n, Rows + 1);
        return null;
    }

    private int AgentColumn => _chain.IsWrites ? 3 : 2;

    // The row that was written here may stand further on.
    private string Why(List<object?[]> page, int at)
    {
        for (var other = at + 1; other < page.Count && !_chain.IsBefore; other++)
        {
            var moved = (object?[])page[other].Clone();
            moved[0] = page[at][0];
            if (ChainHash.Next(Hash, moved.AsSpan(0, moved.Length - 1)).AsSpan().SequenceEqual((byte[]?)moved[^1])) return $"it was put in another place; what was written here is AuditEvent/{_chain.EventId((long)page[other][0]!)} now";
        }
        return "it was altered, or put in";
    }

    private object?[] Read(DbDataReader reader)
    {
        var columns = _chain.Table.Columns;
        var row = new object?[columns.Length];
        for (var i = 0; i < row.Length; i++)
        {
            row[i] = reader.IsDBNull(i) ? null : columns[i].Kind switch
            {
                ColumnKind.Long => reader.GetInt64(i),
                ColumnKind.Text => reader.GetString(i),
                ColumnKind.Bytes => reader.GetFieldValue<byte[]>(i),
            };
        }
        return row;
    }
}

/// <summary>Whether the agents that rows name are there with the content that their key was made of; what was found good is not asked again.</summary>
internal sealed class AgentCheck(Session session, string table)
{
    private const int Most = 100_000;
    private static readonly object?[] Known = [];
    private readonly HashSet<Guid> _good = [];

    /// <summary>The content when it was asked for the first time, nothing when it is known to be good, null when it is not good.</summary>
    public async ValueTask<object?[]?> LookAsync(byte[] key, bool isKeyHash, CancellationToken stop)
    {
        var id = key.Length == 16 ? new Guid(key) : new Guid(ChainHash.Next([], [key])[..16]);
        if (_good.Contains(id)) return Known;
        var content = await session.FirstAsync(Sql.Of($"select {Sql.Raw(AuditAgent.Columns)} from {Sql.Raw(table)} where agent = {key}"), Read, stop);
        if (content is null || (isKeyHash && !AuditAgent.KeyOf(content).AsSpan().SequenceEqual(key))) return null;
        if (_good.Count == Most) _good.Clear();
        _good.Add(id);
        return content;
    }

    private static object?[] Read(DbDataReader reader)
    {
        var content = new object?[reader.FieldCount];
        for (var i = 0; i < content.Length; i++) content[i] = reader.IsDBNull(i) ? null : reader.GetString(i);
        return content;
    }
}
