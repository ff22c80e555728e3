using Fhir.Server.Core.Elements;
namespace Fhir.Server.Store.Database;

/// <summary>
/// A commit of the house's own rows without any resource (receipts, deliveries): it takes a number t like every other, so that
/// "what happened since t" sees it. Holds the commit lock until it is disposed; without a commit it leaves nothing.
/// </summary>
public sealed class NumberedCommit : IAsyncDisposable
{
    private readonly WriteSession _session;

    private NumberedCommit(WriteSession session, long t, long atMicros) => (_session, T, AtMicros) = (session, t, atMicros);

    public WriteSession Session => _session;
    public long T { get; }
    public long AtMicros { get; }

    public static async Task<NumberedCommit> BeginAsync(TenantDatabase database, TimeProvider clock, CancellationToken stop)
    {
        var session = await database.WriteAsync(stop);
        var now = Micros.Of(clock.GetUtcNow());
        var (t, at) = await session.FirstAsync(
            Sql.Raw("select coalesce(max(t), 0), coalesce((select at from commits order by t desc limit 1), 0) from commits"), r => (r.GetInt64(0), r.GetInt64(1)), stop);
        return new(session, t + 1, Math.Max(now, at + 1));
    }

    /// <summary>Whether somebody still waits makes no difference to it: what it changes is never ended half-way.</summary>
    public async Task CommitAsync()
    {
        var batch = Guid.CreateVersion7().ToByteArray();
        await _session.ExecuteAsync(Sql.Of($"insert into commits(t, batch, at) values({T}, {batch}, {AtMicros})"), CancellationToken.None);
        await _session.CommitBatchAsync(batch);
    }

    public ValueTask DisposeAsync() => _session.DisposeAsync();
}
