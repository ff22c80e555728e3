using Fhir.Server.Api.Identity;
using Fhir.Server.Core.Elements;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Resources;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Fhir.Messaging.Realtime;

/// <summary>
/// Tells connected clients what was committed, here or by another node: woken by the bell, and once a second by itself. It reads the
/// truth since the commit it told of last, so that nothing is lost or doubled, whatever woke it.
/// </summary>
public sealed class Pump(TenantDatabase database, Connections connections, SyncToken tokens, Bell bell, DirectoryEpoch directory, ResourceStore store, TimeProvider clock, ILogger<Pump> log) : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);
    private long _told = -1;
    private long _clock;
    private long _mark;
    private int _directory;

    // The last commit, and the last one that touched the directory: another node's commits ring no bell and count no epoch here.
    private static readonly Sql Marks = Sql.Of(
        $"""
        select (select coalesce(max(t), 0) from commits), coalesce(max(d.t), 0), (select coalesce(max(at), 0) from (select at from commits order by t desc limit 1) c) from (
        select max(t) as t from res where typ = {AccessTable.Number("PractitionerRole")} union all select max(t) from res where typ = {AccessTable.Number("Practitioner")}
        union all select max(t) from res where typ = {AccessTable.Number("Organization")} union all select max(t) from res where typ = {AccessTable.Number("RelatedPerson")}) d
        """);

    // Before anybody can connect: what is committed from here on is told, however late the loop below gets its turn.
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await TellAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await TellAsync(stoppingToken);
            }
            catch (Exception outage) when (outage is not OperationCanceledException)
            {
                log.LogError(outage, "Connected clients could not be told of changes; the next try is in a second.");
            }
            await bell.WaitAsync(Look, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Tells all that happened since the last time.</summary>
    public async Task TellAsync(CancellationToken stop)
    {
        var now = clock.GetUtcNow();
        foreach (var connection in connections.All().Where(c => c.Expires <= now).ToList()) connection.Abort();
        await using var session = await database.ReadAsync(snapshot: false, stop);
        var (last, mark, at) = await session.FirstAsync(Marks, r => (r.GetInt64(0), r.GetInt64(1), r.GetInt64(2)), stop);
        store.Heard(at);   // what it ended or opened is so here too, whatever the clock says
        await CloseAsync(mark);   // before anything is told: unread marks tell nobody anything
        if (_told >= 0 && connections.Any)
        {
            if (last != _told) Tell(await ChangedAsync(session, Math.Min(_told, last), stop), Math.Min(_told, last), last, Micros.Of(now));
            await TellExpiredAsync(session, _clock, Micros.Of(now), last, stop);
        }
        (_told, _clock) = (last, Micros.Of(now));
    }

    // People who lost their role, here or by another node: callers kept in memory are resolved again first.
    private async Task CloseAsync(long mark)
    {
        if (mark != _mark) directory.Changed();
        _mark = mark;
        var current = directory.Current;
        if (current == _directory) return;
        foreach (var connection in connections.All().ToList())
            if (!await connection.IsWelcomeAsync()) connection.Abort();
        _directory = current;
    }

    private sealed record Row(string Thread, long Seq, long MessageT, long Owner, string Name, long ReadSeq, long RowT, long ReadT, long GoneT, long From, long Until);

    private static ValueTask<List<Row>> ChangedAsync(Session session, long since, CancellationToken stop) =>
        session.QueryAsync(Sql.Of(
            $"""
            select h.fid, c.last_seq, c.msg_t, i.owner, o.fid, i.read_seq, i.row_t, i.read_t, i.gone_t, p.from_at, p.until_at from thread c
            join inbox i on i.thread = c.thread join participant p on p.thread = c.thread and p.actor = i.owner
            join res h on h.rid = c.thread join res o on o.rid = i.owner where c.t > {since} order by c.t
            """),
            r => new Row($"Communication/{r.GetString(0)}", r.GetInt64(1), r.GetInt64(2), r.GetInt64(3), $"PractitionerRole/{r.GetString(4)}",
                r.GetInt64(5), r.GetInt64(6), r.GetInt64(7), r.GetInt64(8), r.GetInt64(9), r.GetInt64(10)), stop);

    private void Tell(List<Row> rows, long since, long last, long now)
    {
        var inboxes = new HashSet<long>();
        foreach (var thread in rows.GroupBy(r => r.Thread))
        {
            var readers = thread.Where(r => r.ReadT > since).ToList();
            foreach (var row in thread.Where(r => connections.Has(r.Owner)))
            {
                if (row.GoneT != 0 || now < row.From || now >= row.Until)
                {
                    if (row.GoneT <= since) continue;   // she was told when she was shut out: what happens there since is not hers to know
                    inboxes.Add(row.Owner);
                    connections.Push(row.Owner, PushEvent.Revoked(row.Thread));
                    continue;
                }
                if (row.RowT > since) inboxes.Add(row.Owner);
                if (row.MessageT > since) connections.Push(row.Owner, PushEvent.Thread(row.Thread, row.Seq));
                foreach (var reader in readers.Where(r => r.Owner != row.Owner)) connections.Push(row.Owner, PushEvent.Receipt(row.Thread, reader.Name, reader.ReadSeq));
            }
        }
        foreach (var owner in inboxes) connections.Push(owner, PushEvent.Inbox(tokens.Of(last, owner)));
    }

    // Consents that ended by the clock: no commit tells of them.
    private async Task TellExpiredAsync(Session session, long from, long now, long last, CancellationToken stop)
    {
        var expired = await session.QueryAsync(Sql.Of(
            $"""
            select h.fid, p.actor from participant p join inbox i on i.thread = p.thread and i.owner = p.actor join res h on h.rid = p.thread
            where p.until_at > {from} and p.until_at <= {now} and i.gone_t = 0
            """), r => (Thread: $"Communication/{r.GetString(0)}", Owner: r.GetInt64(1)), stop);
        foreach (var (thread, owner) in expired)
        {
            connections.Push(owner, PushEvent.Revoked(thread));
            connections.Push(owner, PushEvent.Inbox(tokens.Of(last, owner)));
        }
    }
}
