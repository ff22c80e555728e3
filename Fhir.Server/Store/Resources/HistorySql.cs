using System.Buffers.Binary;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Resources;

/// <summary>The queries of one history page — https://hl7.org/fhir/R4/http.html#history. Ordered by t and rid, newest first; a page token holds the place and the ceiling.</summary>
internal sealed record HistorySql(Sql Page, Sql Total, Func<ResourceVersion, string> Token)
{
    private const string Columns = "rid, typ, fid, ver, t, at, method, home, patient, thread, confined, label, b";
    private const string Purpose = "history";

    public static async ValueTask<Result<HistorySql>> OfAsync(HistoryQuery query, AccessContext sees, Seal seal, TenantDatabase database, CancellationToken stop)
    {
        var rid = 0L;
        if (query.Key is { } key)
            rid = await database.FirstAsync(Sql.Of($"select rid from res where typ = {AccessTable.Number(key.Type)} and fid = {key.Id}"), r => r.GetInt64(0), stop);
        var scope = query.Key is not null ? Sql.Of($"x.rid = {rid}") : query.Type is { } type ? Sql.Of($"x.typ = {AccessTable.Number(type)}") : Sql.True;
        var bound = $"{sees.Who} {query.Key?.ToString() ?? query.Type}";
        var (ceiling, beforeT, beforeRid) = (long.MaxValue, long.MaxValue, long.MaxValue);
        if (query.Page is { } page)
        {
            if (seal.Open($"{Purpose} {bound}", page) is not { Length: 24 } place) return new Issue(IssueKind.Invalid, "This page link is not one of ours, or not yours.", "_page");
            (ceiling, beforeT, beforeRid) = (Number(place, 0), Number(place, 8), Number(place, 16));
        }
        else
        {
            ceiling = await database.FirstAsync(Sql.Raw("select coalesce(max(t), 0) from commits"), r => r.GetInt64(0), stop);
        }
        var when = Sql.All(Times(query));
        var doing = query.Key is null ? Permission.Search : Permission.Read;   // SMART: the history of one is a read, of many a search
        var all = Sql.Of(
            $"""
            (select {Sql.Raw(Columns)} from res x where {scope} and x.live >= 0 and x.t <= {ceiling} and {when} and {sees.Sees("x", query.Type, doing)}
            union all select {Sql.Raw(Columns)} from res_hist x where {scope} and x.t <= {ceiling} and {when} and {sees.Sees("x", query.Type, doing)})
            """);
        var sql = Sql.Of(
            $"""
            select r.rid, r.typ, r.fid, r.ver, r.t, r.at, r.method, b.bytes from {all} r left join body b on b.b = r.b
            where r.t < {beforeT} or (r.t = {beforeT} and r.rid < {beforeRid}) order by r.t desc, r.rid desc limit {query.Count + 1}
            """);
        return new HistorySql(sql, Sql.Of($"select count(*) from {all} r"), last => seal.Close($"{Purpose} {bound}", Place(ceiling, last.T, last.Rid)));
    }

    private static IEnumerable<Sql> Times(HistoryQuery query)
    {
        if (query.Since is { } since) yield return Sql.Of($"x.at >= {Micros.Of(since)}");
        // _at: the version that was current then — written by that moment, and not yet superseded.
        if (query.At is { } at) yield return Sql.Of($"x.at <= {Micros.Of(at)} and not exists (select 1 from res n where n.rid = x.rid and n.ver > x.ver and n.at <= {Micros.Of(at)}) and not exists (select 1 from res_hist n where n.rid = x.rid and n.ver > x.ver and n.at <= {Micros.Of(at)})");
    }

    private static long Number(byte[] place, int at) => BinaryPrimitives.ReadInt64LittleEndian(place.AsSpan(at));

    private static byte[] Place(params ReadOnlySpan<long> numbers)
    {
        var bytes = new byte[numbers.Length * 8];
        for (var i = 0; i < numbers.Length; i++) BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(i * 8), numbers[i]);
        return bytes;
    }
}
