using System.Threading.Channels;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Search;

namespace Fhir.Server.Store.Resources;

/// <summary>A commit that waits for its turn; the index entries of its writes are made already.</summary>
internal sealed record Pending(IReadOnlyList<Prepared> Writes, AccessContext By, CancellationToken Stop)
{
    /// <summary>It is checked and written, and then taken back.</summary>
    public bool IsTrial { get; init; }
    /// <summary>All or none: more than one write, or one whose references are found out with it.</summary>
    public bool IsTogether => Writes.Count > 1 || Writes[0].Write.Lookups.Count > 0;
    /// <summary>One of very many that nobody waits for by itself.</summary>
    public bool IsInBulk => Writes[0].Write.InBulk;
    /// <summary>It must not share a batch: it may be taken back, or which resource it writes is only known when its turn comes.</summary>
    public bool IsAlone => IsTrial || IsTogether || Writes[0].Write is { Criteria: not null, Kind: not WriteKind.Create };
    public TaskCompletionSource<Result<IReadOnlyList<Written>>> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    public Result<IReadOnlyList<Written>>? Outcome { get; set; }
}

/// <summary>A write with its index entries (null for a delete).</summary>
internal sealed record Prepared(Write Write, IndexEntries? Index)
{
    /// <summary>Null for a delete; and where it was let go of, to be made again.</summary>
    public IndexEntries? Index { get; set; } = Index;

    /// <summary>It is written: of a large transaction nothing stays but its text.</summary>
    public void LetGo()
    {
        if (Write.IsLoose) Index = null;
    }

    /// <summary>What met its criteria.</summary>
    public ResourceKey? There { get; init; }
}

/// <summary>
/// Group commit (house.md 7): what comes in while a batch is being committed becomes the next batch. A FHIR transaction is a
/// batch of its own; an item that touches what an earlier item of the batch wrote waits for the next one.
/// </summary>
internal sealed class CommitQueue : IAsyncDisposable
{
    private const int MostInBatch = 256, MostInBulk = 2000;
    private const long MostMicros = 20_000, MostMicrosInBulk = 100_000;   // how long the commit lock may be held before rows are written
    private static readonly Issue Full = new(IssueKind.Unavailable, "More is written at once than can be; try again in a moment.") { Code = "throttled" };
    private readonly Channel<Pending> _waiting = Channel.CreateBounded<Pending>(4096);
    private readonly SemaphoreSlim _bulk = new(MostInBulk);   // what nobody waits for by itself leaves room for the others
    private readonly TenantDatabase _database;
    private readonly BatchParts _parts;
    private readonly Task _loop;

    public CommitQueue(TenantDatabase database, BatchParts parts)
    {
        (_database, _parts) = (database, parts);
        _loop = Task.Run(LoopAsync);
    }

    /// <summary>Waits for the commit; an issue when it was refused.</summary>
    public async Task<Result<IReadOnlyList<Written>>> CommitAsync(Pending pending)
    {
        if (!pending.IsInBulk) return _waiting.Writer.TryWrite(pending) ? await pending.Answer.Task : Full;
        await _bulk.WaitAsync(pending.Stop);
        try
        {
            await _waiting.Writer.WriteAsync(pending, pending.Stop);
            return await pending.Answer.Task;
        }
        finally
        {
            _bulk.Release();
        }
    }

    private async Task LoopAsync()
    {
        var held = new Queue<Pending>();   // put off by the batch before
        var away = 0;                      // how often in a row no session could be had
        while (held.Count > 0 || await _waiting.Reader.WaitToReadAsync())
        {
            var batch = new List<Pending>();
            try
            {
                // Taken under the lock: what came in while another node held it goes along.
                foreach (var later in await CommitAsync(() => batch = Take(held))) held.Enqueue(later);
                away = 0;
            }
            catch (OutcomeUnknownException unknown)
            {
                LeaveUnknown(batch, held, unknown);
            }
            catch (Exception failure) when (batch.Count > 0)
            {
                await EachAloneAsync(batch, failure);
            }
            catch (Exception failure)
            {
                // The database is away, or was: its sessions of before are tried out once.
                if (++away < 2) continue;
                foreach (var item in Take(held)) item.Answer.TrySetException(failure);
            }
        }
    }

    private List<Pending> Take(Queue<Pending> held)
    {
        var batch = new List<Pending>();
        while (batch.Count < (batch.Count > 0 && batch[^1].IsInBulk ? MostInBulk : MostInBatch))
        {
            if (!held.TryPeek(out var next) && !_waiting.Reader.TryPeek(out next)) break;
            if (next.IsAlone && batch.Count > 0) break;
            if (!held.TryDequeue(out next)) _waiting.Reader.TryRead(out next);
            if (next!.Stop.IsCancellationRequested) next.Answer.TrySetCanceled(next.Stop);
            else batch.Add(next);
            if (next.IsAlone) break;
        }
        return batch;
    }

    // It may be there: nothing of it is run again, and who asked is told so. What waited for the next batch has not been touched.
    private static void LeaveUnknown(List<Pending> batch, Queue<Pending> held, OutcomeUnknownException unknown)
    {
        foreach (var item in batch)
        {
            if (item.Outcome is null) held.Enqueue(item);
            else item.Answer.TrySetException(unknown);
        }
    }

    // One of them hurt its neighbours: each alone. One that was alone already has its failure, and what has its answer is done.
    private async Task EachAloneAsync(List<Pending> items, Exception failure)
    {
        foreach (var item in items.Where(i => !i.Answer.Task.IsCompleted))
        {
            try
            {
                if (items.Count == 1) throw failure;
                await CommitAsync(() => [item]);
            }
            catch (Exception own)
            {
                item.Answer.TrySetException(own);
            }
        }
    }

    /// <summary>One batch in one database transaction; gives back those that must wait for the next.</summary>
    private async Task<List<Pending>> CommitAsync(Func<List<Pending>> take)
    {
        var later = new List<Pending>();
        List<Pending> items;
        await using (var session = await _database.WriteAsync(CancellationToken.None))
        {
            items = take();
            var batch = await Batch.BeginAsync(session, _parts);
            await batch.LookAheadAsync(items);
            foreach (var item in items)
            {
                if (item != items[0] && (batch.HeldMicros > (item.IsInBulk ? MostMicrosInBulk : MostMicros) || batch.Touches(item))) later.Add(item);
                else item.Outcome = await batch.TakeAsync(item);
            }
            var takenBack = items is [{ IsAlone: true } only] && (only.IsTrial || only.Outcome!.Failed(out _, out _));
            if (!takenBack) await batch.CommitAsync();
            foreach (var item in items.Where(i => i.Outcome is not null)) item.Answer.TrySetResult(item.Outcome!);
        }
        return later;
    }

    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.Complete();
        await _loop;
        _bulk.Dispose();
    }
}
