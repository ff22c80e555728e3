namespace Fhir.Server.Api;

/// <summary>How a request came past the door, or why not.</summary>
public enum Entrance { Admitted, TooMany, Full }

/// <summary>
/// How many requests may be under way at once, and how many may wait for that; whoever waits is let in by turns of caller, and no caller
/// has more than a share of either. Nothing is allocated while nobody needs to wait.
/// </summary>
public sealed class Admission(LimitSettings limits)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);   // longer than that a caller is better told
    private const int CallersKept = 4096;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Share> _shares = new(StringComparer.Ordinal);
    private readonly Queue<Share> _turns = new();   // each caller who waits, once
    private readonly int _mostOfOne = Math.Max(1, limits.RequestsAtOnce * limits.CallerPercent / 100);
    private readonly int _mostWaitingOfOne = limits.RequestsWaiting * limits.CallerPercent / 100;
    private int _underWay, _waiting;

    /// <summary>After <see cref="Entrance.Admitted"/> the caller must <see cref="Leave"/>.</summary>
    public ValueTask<Entrance> EnterAsync(string caller, CancellationToken stop)
    {
        lock (_lock)
        {
            var share = ShareOf(caller);
            if (_underWay < limits.RequestsAtOnce && share.UnderWay < _mostOfOne)
            {
                Begin(share);
                return new(Entrance.Admitted);
            }
            if (share.Waiting >= _mostWaitingOfOne) return new(Entrance.TooMany);
            if (_waiting >= limits.RequestsWaiting) return new(Entrance.Full);
            return new(WaitAsync(Queue(share), stop));
        }
    }

    public void Leave(string caller)
    {
        lock (_lock)
        {
            (_underWay, _shares[caller].UnderWay) = (_underWay - 1, _shares[caller].UnderWay - 1);
            LetIn();
        }
    }

    private async Task<Entrance> WaitAsync(Waiter waiter, CancellationToken stop)
    {
        try
        {
            await waiter.Turn.Task.WaitAsync(Patience, stop);
            return Entrance.Admitted;
        }
        catch (TimeoutException)
        {
            return GivesUp(waiter) ? Entrance.Full : Entrance.Admitted;
        }
        catch (OperationCanceledException)
        {
            if (!GivesUp(waiter)) Leave(waiter.Share.Caller);   // its turn came at the same moment
            throw;
        }
    }

    private Waiter Queue(Share share)
    {
        var waiter = new Waiter(share);
        share.Queue.Enqueue(waiter);
        if (!share.HasTurn) _turns.Enqueue(share);
        (share.HasTurn, share.Waiting, _waiting) = (true, share.Waiting + 1, _waiting + 1);
        return waiter;
    }

    private bool GivesUp(Waiter waiter)
    {
        lock (_lock)
        {
            if (waiter.Turn.Task.IsCompleted) return false;
            waiter.Gone = true;
            Forget(waiter.Share);
            return true;
        }
    }

    // By turns: one of each caller who waits and has not used up its share.
    private void LetIn()
    {
        for (var callers = _turns.Count; callers > 0 && _underWay < limits.RequestsAtOnce; callers--)
        {
            var share = _turns.Dequeue();
            if (share.UnderWay < _mostOfOne && Next(share) is { } waiter)
            {
                Forget(share);
                Begin(share);
                waiter.Turn.SetResult();
            }
            if (share.HasTurn = share.Waiting > 0) _turns.Enqueue(share);
            else share.Queue.Clear();
        }
    }

    private static Waiter? Next(Share share)
    {
        while (share.Queue.TryDequeue(out var waiter))
            if (!waiter.Gone) return waiter;
        return null;
    }

    private void Begin(Share share) => (_underWay, share.UnderWay) = (_underWay + 1, share.UnderWay + 1);
    private void Forget(Share share) => (_waiting, share.Waiting) = (_waiting - 1, share.Waiting - 1);

    private Share ShareOf(string caller)
    {
        if (_shares.TryGetValue(caller, out var share)) return share;
        if (_shares.Count >= CallersKept)
            foreach (var idle in _shares.Values.Where(s => s is { UnderWay: 0, HasTurn: false }).ToList()) _shares.Remove(idle.Caller);
        return _shares[caller] = new(caller);
    }

    private sealed class Share(string caller)
    {
        public string Caller => caller;
        public Queue<Waiter> Queue { get; } = new();
        public bool HasTurn { get; set; }
        public int UnderWay { get; set; }
        public int Waiting { get; set; }
    }

    private sealed class Waiter(Share share)
    {
        public Share Share => share;
        public TaskCompletionSource Turn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
        public bool Gone { get; set; }
    }
}
