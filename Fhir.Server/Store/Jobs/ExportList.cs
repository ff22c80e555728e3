using Fhir.Server.Core.Definitions;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Resources;

namespace Fhir.Server.Store.Jobs;

/// <summary>A file of an export: a piece of its list, of one type. From and To are places in the list, both inside.</summary>
public sealed record ExportPiece(string Type, bool Deleted, long From, long To);

/// <summary>
/// The list of an export. It is chosen in one statement in the caller's view, and every look at it is judged again: both the version
/// that was chosen and what the resource is by now must be there for her.
/// </summary>
public static class ExportList
{
    /// <summary>Writes the list: selection gives (rid, typ, ver, live). Tells how long it is.</summary>
    public static async ValueTask<long> WriteAsync(Session session, long job, Sql selection, CancellationToken stop) => await session.ExecuteAsync(Sql.Of(
        $"""
        insert into job_item(job, k, live, typ, rid, ver)
        select {job}, row_number() over (order by x.live desc, x.typ, x.rid), x.live, x.typ, x.rid, x.ver from ({selection}) x
        """), stop);

    /// <summary>The pieces of a list, each with at most so many resources.</summary>
    public static async ValueTask<IReadOnlyList<ExportPiece>> PiecesAsync(TenantDatabase database, long job, int most, CancellationToken stop)
    {
        var kinds = await database.QueryAsync(Sql.Of($"select typ, live, min(k), max(k) from job_item where job = {job} group by typ, live order by min(k)"),
            r => (Type: AccessTable.Name(r.GetInt32(0)), Deleted: r.GetInt64(1) == 0, From: r.GetInt64(2), To: r.GetInt64(3)), stop);
        return [.. kinds.SelectMany(kind => Enumerable.Range(0, (int)((kind.To - kind.From) / most) + 1)
            .Select(i => new ExportPiece(kind.Type, kind.Deleted, kind.From + ((long)i * most), Math.Min(kind.From + ((i + 1L) * most) - 1, kind.To))))];
    }

    /// <summary>The rids of a piece that she may see now, in their order: what the log says before any body leaves.</summary>
    public static ValueTask<List<long>> RidsAsync(TenantDatabase database, long job, ExportPiece piece, AccessContext sees, CancellationToken stop) =>
        database.QueryAsync(Sql.Of($"select v.k, v.rid from ({Seen("i.k, r.rid", job, piece, sees)}) v order by v.k"), r => r.GetInt64(1), stop);

    /// <summary>The bodies between two places of a piece that she may see now.</summary>
    public static async ValueTask<IReadOnlyList<ResourceVersion>> BodiesAsync(TenantDatabase database, long job, ExportPiece piece, AccessContext sees, CancellationToken stop)
    {
        var found = await database.QueryAsync(Sql.Of(
            $"""
            select v.rid, v.typ, v.fid, v.ver, v.t, v.at, v.method, body.bytes from ({Seen("i.k, r.rid, r.typ, r.fid, r.ver, r.t, r.at, r.method, r.b", job, piece, sees)}) v
            left join body on body.b = v.b order by v.k
            """), ResourceStore.Map, stop);
        return found.ConvertAll(version => Reduction.Of(version, sees, DefinitionSet.R4));
    }

    // r is the version that was chosen. What was superseded since is judged as it was, and by what it is now.
    private static Sql Seen(string columns, long job, ExportPiece piece, AccessContext sees)
    {
        var items = Sql.Of($"i.job = {job} and i.k >= {piece.From} and i.k <= {piece.To}");
        return Sql.Of(
            $"""
            select {Sql.Raw(columns)} from job_item i join res r on r.rid = i.rid and r.ver = i.ver where {items} and {sees.Sees("r", piece.Type)}
            union all select {Sql.Raw(columns)} from job_item i join res_hist r on r.rid = i.rid and r.ver = i.ver join res n on n.rid = i.rid
            where {items} and {sees.Sees("r", piece.Type)} and {sees.Sees("n", piece.Type)}
            """);
    }
}
