using Fhir.Server.Store.Database;

namespace Fhir.Messaging.Realtime;

/// <summary>Marks what changed with the commit's number, so that the pump and a resuming client find it.</summary>
internal static class ThreadTouch
{
    /// <summary>Something that every participant's inbox shows.</summary>
    public static async ValueTask AllAsync(Session session, long thread, long t, CancellationToken stop)
    {
        await session.ExecuteAsync(Sql.Of($"update thread set t = {t} where thread = {thread}"), stop);
        await session.ExecuteAsync(Sql.Of($"update inbox set t = {t}, row_t = {t} where thread = {thread}"), stop);
    }

    /// <summary>One participant read on: her own inbox shows it, the others only hear of it. False when she had read as far already.</summary>
    public static async ValueTask<bool> ReadAsync(Session session, long thread, long reader, long seq, long t, long at, CancellationToken stop)
    {
        var moved = await session.ExecuteAsync(Sql.Of(
            $"update inbox set read_seq = {seq}, row_t = {t}, read_t = {t} where thread = {thread} and owner = {reader} and read_seq < {seq}"), stop);
        if (moved == 0) return false;
        await session.ExecuteAsync(Sql.Of($"insert into receipt(thread, owner, seq, at) values({thread}, {reader}, {seq}, {at})"), stop);
        await session.ExecuteAsync(Sql.Of($"update thread set t = {t} where thread = {thread}"), stop);
        await session.ExecuteAsync(Sql.Of($"update inbox set t = {t} where thread = {thread}"), stop);
        return true;
    }
}
