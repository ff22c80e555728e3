using Fhir.Messaging.Consent;
using Fhir.Messaging.Realtime;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Rules;

namespace Fhir.Messaging.Threads;

/// <summary>State of a thread as stored.</summary>
public enum ThreadState { Open = 0, Closed = 1, Stopped = 2 }

/// <summary>A row of <c>thread</c>.</summary>
public sealed record ThreadRow(long Thread, long Patient, long Owner, ThreadState State, long LastSeq);

/// <summary>A row of <c>message</c>.</summary>
public sealed record MessageRow(long Thread, long Seq, long Rid, long Sender, byte[] Hash);

/// <summary>The projection of threads: gapless seq, inbox rows. Written inside the commit of the Communication itself.</summary>
internal static class ThreadRows
{
    public static ValueTask<ThreadRow?> FindAsync(Session session, long thread, CancellationToken stop) =>
        session.FirstAsync(Sql.Of($"select thread, patient, owner, state, last_seq from thread where thread = {thread}"),
            r => new ThreadRow(r.GetInt64(0), r.GetInt64(1), r.GetInt64(2), (ThreadState)r.GetInt32(3), r.GetInt64(4)), stop);

    public static ValueTask<MessageRow?> MessageAsync(Session session, long rid, CancellationToken stop) =>
        session.FirstAsync(Sql.Of($"{Messages} where rid = {rid}"), Message, stop);

    public static ValueTask<MessageRow?> SentAsync(Session session, long sender, string clientId, CancellationToken stop) =>
        session.FirstAsync(Sql.Of($"{Messages} where sender = {sender} and client_id = {clientId}"), Message, stop);

    private static readonly Sql Messages = Sql.Raw("select thread, seq, rid, sender, hash from message");
    private static MessageRow Message(System.Data.Common.DbDataReader r) => new(r.GetInt64(0), r.GetInt64(1), r.GetInt64(2), r.GetInt64(3), (byte[])r.GetValue(4));

    /// <summary>The organisation of an active participant, or null when she is none at that moment.</summary>
    public static ValueTask<long?> ActiveAsync(Session session, long thread, long actor, long now, CancellationToken stop) =>
        session.FirstAsync(Sql.Of($"select org from participant where thread = {thread} and actor = {actor} and from_at <= {now} and until_at > {now}"), r => (long?)r.GetInt64(0), stop);

    public static async ValueTask<bool> WasEverInAsync(Session session, long thread, long actor, CancellationToken stop) =>
        await session.FirstAsync(Sql.Of($"select 1 from participant where thread = {thread} and actor = {actor}"), r => r.GetInt64(0), stop) == 1;

    public static async ValueTask OpenAsync(CommitScope scope, long thread, ConsentedMessage message, CancellationToken stop)
    {
        await scope.Session.ExecuteAsync(Sql.Of(
            $"""
            insert into thread(thread, patient, owner, opened_by, state, last_seq, last_at, msg_t, t)
            values({thread}, {message.Patient}, {message.Sender.OrganizationRid}, {message.Sender.Rid}, {(int)ThreadState.Open}, {0}, {scope.AtMicros}, {0}, {scope.T})
            """), stop);
        foreach (var participant in message.Participants)
            await scope.Session.ExecuteAsync(Sql.Of(
                $"""
                insert into inbox(owner, thread, last_seq, last_at, read_seq, t, row_t, read_t, gone_t)
                values({participant.Clinician.Rid}, {thread}, {0}, {scope.AtMicros}, {0}, {scope.T}, {scope.T}, {0}, {0})
                """), stop);
    }

    /// <summary>Takes the next seq. Whoever had read everything has read her own message too.</summary>
    public static async ValueTask<long> AppendAsync(CommitScope scope, long rid, long sender, ThreadMessage message, long thread, CancellationToken stop)
    {
        var seq = await scope.Session.FirstAsync(Sql.Of(
            $"update thread set last_seq = last_seq + 1, last_at = {scope.AtMicros}, msg_t = {scope.T}, t = {scope.T} where thread = {thread} returning last_seq"), r => r.GetInt64(0), stop);
        await scope.Session.ExecuteAsync(Sql.Of(
            $"insert into message(thread, seq, rid, sender, client_id, hash) values({thread}, {seq}, {rid}, {sender}, {message.ClientId}, {message.Hash})"), stop);
        await scope.Session.ExecuteAsync(Sql.Of(
            $"""
            update inbox set last_seq = {seq}, last_at = {scope.AtMicros}, t = {scope.T}, row_t = {scope.T},
            read_seq = case when owner = {sender} and read_seq = {seq - 1} then {seq} else read_seq end where thread = {thread}
            """), stop);
        return seq;
    }

    /// <summary>A message was withdrawn: everyone looks again.</summary>
    public static async ValueTask WithdrawnAsync(CommitScope scope, long thread, CancellationToken stop)
    {
        await scope.Session.ExecuteAsync(Sql.Of($"update thread set msg_t = {scope.T} where thread = {thread}"), stop);
        await ThreadTouch.AllAsync(scope.Session, thread, scope.T, stop);
    }

    public static async ValueTask CloseAsync(CommitScope scope, long thread, ThreadState state, long? document, CancellationToken stop)
    {
        await scope.Session.ExecuteAsync(Sql.Of($"update thread set state = {(int)state}, document = {document} where thread = {thread}"), stop);
        await ThreadTouch.AllAsync(scope.Session, thread, scope.T, stop);
    }
}
