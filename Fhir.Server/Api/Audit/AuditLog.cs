using System.Data.Common;
using System.Globalization;
using Fhir.Server.Api.Identity;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Audit;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Api.Audit;

/// <summary>Reads the rows of both streams of the audit, newest first.</summary>
public sealed class AuditLog(TenantDatabase database)
{
    private const string Agent = "who, client, issuer, jti, role, practitioner_role, organization, on_behalf_of, scopes, network";
    private static readonly Sql ReadColumns = Sql.Raw($"select n, at, request, act, typ, fid, {Agent}, query, outcome, returned, flags from ");
    private static readonly Sql WriteColumns = Sql.Raw($"select n, at, request, act, typ, fid, {Agent}, ver, patient, body, flags from ");
    private static readonly Sql Reads = Sql.Raw("audit_read"), Writes = Sql.Raw("audit_write");
    private static readonly Sql ReadAgent = Sql.Raw("left join audit_read_agent a on a.agent = r.agent"), WriteAgent = Sql.Raw("left join audit_write_agent a on a.agent = r.agent");

    /// <summary>At most so many lines of both streams behind a place, that meet what the question asks of columns.</summary>
    public async Task<List<AuditLine>> ChunkAsync(AuditQuestion question, AuditPlace from, int most, CancellationToken stop)
    {
        var reads = await AskAsync(isWrite: false, Reads, Sql.All([Behind(from, isWrite: false), question.Where(isWrite: false)]), Newest(most), stop);
        var writes = await AskAsync(isWrite: true, Writes, Sql.All([Behind(from, isWrite: true), question.Where(isWrite: true)]), Newest(most), stop);
        return [.. reads.Concat(writes).OrderByDescending(l => l.Place).Take(most)];
    }

    /// <summary>The same of one stretch of one stream: behind one n, before another. The inner limit keeps the database on the stretch.</summary>
    public Task<List<AuditLine>> StretchAsync(bool isWrite, long behind, long before, AuditQuestion question, AuditPlace from, int most, CancellationToken stop) =>
        AskAsync(isWrite, Sql.Of($"(select * from {(isWrite ? Writes : Reads)} where n > {behind} and n < {before} order by n desc limit {long.MaxValue})"),
            Sql.All([Behind(from, isWrite), question.Where(isWrite)]), Newest(most), stop);

    /// <summary>Lines by their n, those that meet the question.</summary>
    public async Task<List<AuditLine>> LinesAsync(bool isWrite, IReadOnlyList<long> all, AuditQuestion question, CancellationToken stop) =>
        all.Count == 0 ? [] : await AskAsync(isWrite, isWrite ? Writes : Reads, Sql.All([Sql.In("n", all), question.Where(isWrite)]), Sql.Empty, stop);

    /// <summary>The next lines of a chain, oldest first.</summary>
    public Task<List<AuditLine>> NextAsync(bool isWrite, long behind, long before, int most, CancellationToken stop) =>
        AskAsync(isWrite, isWrite ? Writes : Reads, Sql.Of($"n > {behind} and n < {before}"), Sql.Of($" order by n limit {most}"), stop);

    /// <summary>One line by its AuditEvent id, or null.</summary>
    public async Task<AuditLine?> FindAsync(string id, CancellationToken stop)
    {
        if (ReadNumber.Parse(id) is { } read) return (await AskAsync(isWrite: false, Reads, Sql.Of($"n = {read.N}"), Sql.Empty, stop)).FirstOrDefault();
        var byNumber = id.StartsWith("w-", StringComparison.Ordinal) && long.TryParse(id.AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : -1;
        var which = byNumber >= 0 ? Sql.Of($"n = {byNumber} and act <> 9") : Sql.Of($"fid = {id} and act = 9");
        return (await AskAsync(isWrite: true, Writes, which, Sql.Empty, stop)).FirstOrDefault();
    }

    /// <summary>The chains of the stream of reads.</summary>
    public async Task<List<long>> ChainsAsync(CancellationToken stop)
    {
        await using var session = await database.ReadAuditAsync(stop);
        var all = new List<long>();
        for (long chain = 0; ; chain++)
        {
            var first = await session.FirstAsync(Sql.Of($"select n from audit_read where n >= {new ReadNumber(chain, 0).N} order by n limit 1"), r => (long?)r.GetInt64(0), stop);
            if (first is not { } n) return all;
            all.Add(chain = ReadNumber.Of(n).Chain);
        }
    }

    private async Task<List<AuditLine>> AskAsync(bool isWrite, Sql table, Sql where, Sql order, CancellationToken stop)
    {
        await using var session = isWrite ? await database.ReadAsync(snapshot: false, stop) : await database.ReadAuditAsync(stop);
        var (columns, agent) = isWrite ? (WriteColumns, WriteAgent) : (ReadColumns, ReadAgent);
        return await session.QueryAsync(Sql.Of($"{columns}{table} r {agent} where {where}{order}"), isWrite ? (Func<DbDataReader, AuditLine>)WriteLine : ReadLine, stop);
    }

    private static Sql Newest(int most) => Sql.Of($" order by at desc, n desc limit {most}");

    private static Sql Behind(AuditPlace from, bool isWrite)
    {
        var same = from.IsWrite == isWrite ? Sql.Of($"n < {from.N}") : from.IsWrite ? Sql.True : Sql.False;
        return Sql.Of($"(at < {from.AtMicros} or (at = {from.AtMicros} and {same}))");
    }

    private static AuditLine ReadLine(DbDataReader r)
    {
        var (returned, concerned) = r.IsDBNull(18) ? ([], []) : RidList.Sides(RidList.Unpack((byte[])r.GetValue(18)));
        return ReadLine(r, returned, concerned);
    }

    private static AuditLine ReadLine(DbDataReader r, IReadOnlyList<long> returned, IReadOnlyList<long> concerned) => new()
    {
        IsWrite = false, N = r.GetInt64(0), AtMicros = r.GetInt64(1), Request = Text(r, 2), Act = (AuditAct)r.GetInt32(3), Type = r.GetInt64(4), Id = Text(r, 5), By = AgentOf(r),
        Query = Text(r, 16), Status = r.GetInt32(17), Returned = returned, Concerned = concerned, Times = r.GetInt64(19) & (AuditTables.BrokenGlass - 1), BrokenGlass = IsWithGlass(r),
    };

    private static AuditLine WriteLine(DbDataReader r) => new()
    {
        IsWrite = true, N = r.GetInt64(0), AtMicros = r.GetInt64(1), Request = Text(r, 2), Act = (AuditAct)r.GetInt32(3), Type = r.GetInt64(4), Id = Text(r, 5), By = AgentOf(r),
        Version = r.GetInt32(16), PatientRid = r.IsDBNull(17) ? 0 : r.GetInt64(17), Body = r.IsDBNull(18) ? null : (byte[])r.GetValue(18), BrokenGlass = IsWithGlass(r), Status = 200,
    };

    private static AuditAgent AgentOf(DbDataReader r) => new()
    {
        Who = Text(r, 6), Client = Text(r, 7), Issuer = Text(r, 8), TokenId = Text(r, 9), Role = Text(r, 10), PractitionerRole = Text(r, 11),
        Organization = Text(r, 12), OnBehalfOf = Text(r, 13), Scopes = Text(r, 14), Network = Text(r, 15),
    };

    private static bool IsWithGlass(DbDataReader r) => (r.GetInt64(19) & AuditTables.BrokenGlass) != 0;

    private static string? Text(DbDataReader r, int column) => r.IsDBNull(column) ? null : r.GetString(column);
}
