using Fhir.Server.Api.Identity;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Audit;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Api.Audit;

/// <summary>One line of the log, whichever stream it stands in.</summary>
public sealed record AuditLine
{
    public required bool IsWrite { get; init; }
    public required long N { get; init; }
    public required long AtMicros { get; init; }
    public required string Who { get; init; }
    public string? Client { get; init; }
    public string? Request { get; init; }
    public required AuditAct Act { get; init; }
    public required long Type { get; init; }
    public string? Id { get; init; }
    public int Version { get; init; }
    public string? Query { get; init; }
    public int Status { get; init; }
    public long PatientRid { get; init; }
    public IReadOnlyList<long> Returned { get; init; } = [];
    /// <summary>What left with the answer, and the one patient whose record was written in.</summary>
    public IEnumerable<long> Concerned => PatientRid > 0 ? Returned.Append(PatientRid) : Returned;
    /// <summary>The AuditEvent itself, for one that was posted.</summary>
    public byte[]? Body { get; init; }

    /// <summary>Its id as an AuditEvent.</summary>
    public string EventId => Act == AuditAct.Append && Id is not null ? Id : !IsWrite ? ReadNumber.Of(N).ToString() : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"w-{N}");

    /// <summary>What it was about, when it was about one resource.</summary>
    public ResourceKey? Key => Type >= 0 && Id is not null && Act != AuditAct.Append ? new(AccessTable.Name((int)Type), Id) : null;
}

/// <summary>Where a page of the log begins: behind this line, newest first; at one moment writes stand before reads.</summary>
public readonly record struct AuditPlace(long AtMicros, bool IsWrite, long N)
{
    public static readonly AuditPlace Newest = new(long.MaxValue, IsWrite: true, long.MaxValue);
}

/// <summary>What is asked of the log. Entity stands for its rid too: it counts when it left with an answer.</summary>
public sealed record AuditQuestion
{
    public long FromMicros { get; init; } = long.MinValue;
    public long UntilMicros { get; init; } = long.MaxValue;
    public string? Who { get; init; }
    public IReadOnlyList<AuditAct>? Acts { get; init; }
    /// <summary>Lowest and highest status.</summary>
    public (int From, int To)? Status { get; init; }
    public long? Type { get; init; }
    public (ResourceKey Key, long Rid)? Entity { get; init; }
}

/// <summary>Reads both streams of the audit as one, newest first.</summary>
public sealed class AuditLog(TenantDatabase database)
{
    private const int Chunk = 500;
    private const int MostLooked = 50_000;   // a rare entity gives short pages rather than a slow one

    /// <summary>At most so many lines behind a place that meet the question, and where the next page begins (null at the end).</summary>
    public async Task<(List<AuditLine> Lines, AuditPlace? Next)> PageAsync(AuditQuestion question, AuditPlace from, int count, CancellationToken stop)
    {
        var found = new List<AuditLine>();
        for (var looked = 0; looked < MostLooked; looked += Chunk)
        {
            var chunk = await ChunkAsync(question, from, stop);
            foreach (var line in chunk)
            {
                if (found.Count == count) return (found, from);
                from = new(line.AtMicros, line.IsWrite, line.N);
                if (IsAbout(line, question.Entity)) found.Add(line);
            }
            if (chunk.Count < Chunk) return (found, null);
        }
        return (found, from);
    }

    /// <summary>One line by its AuditEvent id, or null.</summary>
    public async Task<AuditLine?> FindAsync(string id, CancellationToken stop)
    {
        if (ReadNumber.Parse(id) is { } read)
        {
            await using var session = await database.ReadAuditAsync(stop);
            return await session.FirstAsync(Sql.Of($"{ReadColumns} where n = {read.N}"), ReadLine, stop);
        }
        var byNumber = id.StartsWith("w-", StringComparison.Ordinal) && long.TryParse(id.AsSpan(2), System.Globalization.CultureInfo.InvariantCulture, out var n) ? n : -1;
        var which = byNumber >= 0 ? Sql.Of($"n = {byNumber} and act <> 9") : Sql.Of($"fid = {id} and act = 9");
        return await database.FirstAsync(Sql.Of($"{WriteColumns} where {which}"), WriteLine, stop);
    }

    /// <summary>The resources behind rids.</summary>
    public async Task<Dictionary<long, ResourceKey>> KeysAsync(IEnumerable<long> rids, CancellationToken stop)
    {
        var all = rids.Distinct().ToList();
        var rows = await database.QueryAsync(Sql.Of($"select rid, typ, fid from res where {Sql.In("rid", all)}"), r => (r.GetInt64(0), new ResourceKey(AccessTable.Name(r.GetInt32(1)), r.GetString(2))), stop);
        return rows.ToDictionary(r => r.Item1, r => r.Item2);
    }

    public async Task<long> RidAsync(ResourceKey key, CancellationToken stop) =>
        await database.FirstAsync(Sql.Of($"select rid from res where typ = {AccessTable.Number(key.Type)} and fid = {key.Id}"), r => r.GetInt64(0), stop);

    private static bool IsAbout(AuditLine line, (ResourceKey Key, long Rid)? entity) =>
        entity is not var (key, rid) || line.Key == key || (rid != 0 && line.Concerned.Contains(rid));

    private async Task<List<AuditLine>> ChunkAsync(AuditQuestion question, AuditPlace from, CancellationToken stop)
    {
        await using var reads = await database.ReadAuditAsync(stop);
        await using var writes = await database.ReadAsync(snapshot: false, stop);
        var readRows = await reads.QueryAsync(Sql.Of($"{ReadColumns} where {Behind(from, isWrite: false)} and {Meets(question, isWrite: false)} order by at desc, n desc limit {Chunk}"), ReadLine, stop);
        var writeRows = await writes.QueryAsync(Sql.Of($"{WriteColumns} where {Behind(from, isWrite: true)} and {Meets(question, isWrite: true)} order by at desc, n desc limit {Chunk}"), WriteLine, stop);
        return [.. readRows.Concat(writeRows).OrderByDescending(l => l.AtMicros).ThenByDescending(l => l.IsWrite).ThenByDescending(l => l.N).Take(Chunk)];
    }

    private static Sql Behind(AuditPlace from, bool isWrite)
    {
        var same = from.IsWrite == isWrite ? Sql.Of($"n < {from.N}") : from.IsWrite ? Sql.True : Sql.False;
        return Sql.Of($"(at < {from.AtMicros} or (at = {from.AtMicros} and {same}))");
    }

    private static Sql Meets(AuditQuestion question, bool isWrite) => Sql.All(Conditions(question, isWrite));

    private static IEnumerable<Sql> Conditions(AuditQuestion question, bool isWrite)
    {
        yield return Sql.Of($"at >= {question.FromMicros} and at < {question.UntilMicros}");
        if (question.Who is { } who) yield return Sql.Of($"who = {who}");
        if (question.Acts is { } acts) yield return Sql.In("act", [.. acts.Select(a => (long)a)]);
        if (question.Type is { } type) yield return Sql.Of($"typ = {type}");
        if (question.Status is var (lowest, highest))
            yield return !isWrite ? Sql.Of($"outcome >= {lowest} and outcome <= {highest}") : lowest < 400 ? Sql.True : Sql.False;   // what was written went well
    }

    private static readonly Sql ReadColumns = Sql.Raw("select n, at, who, client, request, act, typ, fid, query, outcome, returned from audit_read r left join audit_read_agent a on a.agent = r.agent");
    private static readonly Sql WriteColumns = Sql.Raw("select n, at, who, client, request, act, typ, fid, ver, patient, body from audit_write w left join audit_write_agent a on a.agent = w.agent");

    private static AuditLine ReadLine(System.Data.Common.DbDataReader r) => new()
    {
        IsWrite = false, N = r.GetInt64(0), AtMicros = r.GetInt64(1), Who = Text(r, 2) ?? "unknown", Client = Text(r, 3), Request = Text(r, 4), Act = (AuditAct)r.GetInt32(5),
        Type = r.GetInt64(6), Id = Text(r, 7), Query = Text(r, 8), Status = r.GetInt32(9), Returned = r.IsDBNull(10) ? [] : RidList.Unpack((byte[])r.GetValue(10)),
    };

    private static AuditLine WriteLine(System.Data.Common.DbDataReader r) => new()
    {
        IsWrite = true, N = r.GetInt64(0), AtMicros = r.GetInt64(1), Who = Text(r, 2) ?? "unknown", Client = Text(r, 3), Request = Text(r, 4), Act = (AuditAct)r.GetInt32(5),
        Type = r.GetInt64(6), Id = Text(r, 7), Version = r.GetInt32(8), PatientRid = r.IsDBNull(9) ? 0 : r.GetInt64(9), Body = r.IsDBNull(10) ? null : (byte[])r.GetValue(10), Status = 200,
    };

    private static string? Text(System.Data.Common.DbDataReader r, int column) => r.IsDBNull(column) ? null : r.GetString(column);
}
