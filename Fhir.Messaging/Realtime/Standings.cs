using Fhir.Server.Core.Elements;
using Fhir.Server.Store.Database;

namespace Fhir.Messaging.Realtime;

/// <summary>A thread and how far it is.</summary>
public sealed record ThreadSeq(string Thread, long Seq);

/// <summary>What a client that was away needs: the threads that changed for it, those it was shut out of, and the token to resume from next. Reset = forget all, the token meant nothing.</summary>
public sealed record Standing(string Token, bool Reset, IReadOnlyList<ThreadSeq> Threads, IReadOnlyList<string> Revoked)
{
    /// <summary>The threads that it names, for the audit.</summary>
    internal IReadOnlyList<long> Rids { get; init; } = [];
}

/// <summary>Answers "what happened since?" from the inbox rows: the cost is that of the changed threads, however long one was away.</summary>
public sealed class Standings(TenantDatabase database, SyncToken tokens, TimeProvider clock)
{
    public async Task<Standing> SinceAsync(long owner, string? token, CancellationToken stop)
    {
        await using var session = await database.ReadAsync(snapshot: true, stop);
        var (last, at) = await session.FirstAsync(Sql.Raw("select t, at from commits order by t desc limit 1"), r => (r.GetInt64(0), r.GetInt64(1)), stop);
        long? since = token is null ? 0 : tokens.Read(token, owner);
        if (since > last) since = null;   // a future that a restore took away
        var rows = await session.QueryAsync(Sql.Of(
            $"""
            select h.fid, i.last_seq, p.from_at, p.until_at, i.gone_t, i.thread from inbox i
            join participant p on p.thread = i.thread and p.actor = i.owner join res h on h.rid = i.thread
            where i.owner = {owner} and i.t > {since ?? 0} order by i.t
            """), r => (Thread: $"Communication/{r.GetString(0)}", Seq: r.GetInt64(1), From: r.GetInt64(2), Until: r.GetInt64(3), Gone: r.GetInt64(4), Rid: r.GetInt64(5)), stop);
        var now = Math.Max(Micros.Of(clock.GetUtcNow()), at);   // a clock that stepped back must not hide what that commit opened
        var (open, gone) = (rows.Where(r => r.From <= now && now < r.Until).ToList(), rows.Where(r => r.Gone > (since ?? long.MaxValue)).ToList());
        return new(tokens.Of(last, owner), since is null, [.. open.Select(r => new ThreadSeq(r.Thread, r.Seq))], [.. gone.Select(r => r.Thread)])
        {
            Rids = [.. open.Concat(gone).Select(r => r.Rid).Distinct()],
        };
    }
}
