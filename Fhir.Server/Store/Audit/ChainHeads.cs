using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Audit;

/// <summary>The chains of both streams and how far each has come, as the database tells it.</summary>
public static class ChainHeads
{
    /// <summary>All chains but those from before.</summary>
    public static async Task<List<ChainHead>> ReadAsync(TenantDatabase database, CancellationToken stop)
    {
        var heads = new List<ChainHead>();
        await using (var writes = await database.ReadAsync(snapshot: false, stop))
        {
            if (await LastAsync(writes, AuditTables.Writes.Name, long.MaxValue, stop) is (var n, { } hash)) heads.Add(new(new(AuditTables.Writes.Name, ChainId.OfWrites), n, hash));
        }
        await using var reads = await database.ReadAuditAsync(stop);
        for (var beyond = long.MaxValue; await LastAsync(reads, AuditTables.Reads.Name, beyond, stop) is (var n, var hash);)
        {
            var chain = new ChainId(AuditTables.Reads.Name, ReadNumber.Of(n).Chain);
            if (chain.IsBefore) break;
            heads.Add(new(chain, n, hash ?? []));
            beyond = chain.Between.After;
        }
        return heads;
    }

    /// <summary>The n behind which the chain of the writes begins: rows up to there are from before it.</summary>
    public static async Task<long> BeforeWritesAsync(Session session, CancellationToken stop)
    {
        var first = await session.FirstAsync(Sql.Raw("select n from audit_write where hash is not null order by n limit 1"), r => r.GetInt64(0), stop);
        return await session.FirstAsync(Sql.Of($"select n from audit_write where n < {(first == 0 ? long.MaxValue : first)} order by n desc limit 1"), r => r.GetInt64(0), stop);
    }

    private static async ValueTask<(long N, byte[]? Hash)?> LastAsync(Session session, string table, long beyond, CancellationToken stop)
    {
        var last = await session.FirstAsync(Sql.Of($"select n, hash from {Sql.Raw(table)} where n < {beyond} order by n desc limit 1"), r => (r.GetInt64(0), r.IsDBNull(1) ? null : (byte[])r.GetValue(1)), stop);
        return last.Item1 == 0 ? null : last;
    }
}
