namespace Fhir.Messaging.Realtime;

/// <summary>
/// One connected client: a bounded queue and the task that empties it. Events about the same thing collapse; a client that does not
/// take them in time is disconnected, and resumes later from its token.
/// </summary>
public sealed class Connection : IAsyncDisposable
{
    public const int MostPending = 256;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly OrderedDictionary<string, PushEvent> _pending = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _signal = new(0);
    private readonly CancellationTokenSource _over = new();
    private readonly Func<PushEvent, CancellationToken, Task> _send;
    private readonly Action _abort;
    private readonly Task _loop;

    public Connection(long owner, DateTimeOffset expires, Func<PushEvent, CancellationToken, Task> send, Func<Task<bool>> isWelcome, Action abort)
    {
        (Owner, Expires, _send, IsWelcomeAsync, _abort) = (owner, expires, send, isWelcome, abort);
        _loop = Task.Run(LoopAsync);
    }

    public long Owner { get; }
    /// <summary>When the token that opened it ends.</summary>
    public DateTimeOffset Expires { get; }
    /// <summary>Asks again whether its owner still has that role: when the directory changed.</summary>
    public Func<Task<bool>> IsWelcomeAsync { get; }

    /// <summary>Never waits.</summary>
    public void Push(PushEvent push)
    {
        lock (_pending)
        {
            var key = $"{push.Name} {push.About}";
            if (push.Name == "inbox") _pending.Remove(key);   // its token vouches for all that stands before it
            _pending[key] = push;
            if (_pending.Count > MostPending)
            {
                _pending.Clear();
                Abort();
                return;
            }
        }
        _signal.Release();
    }

    public void Abort()
    {
        _over.Cancel();
        _abort();
    }

    private async Task LoopAsync()
    {
        try
        {
            while (true)
            {
                await _signal.WaitAsync(_over.Token);
                foreach (var push in Take()) await _send(push, _over.Token).WaitAsync(Patience, _over.Token);
            }
        }
        catch (Exception gone) when (gone is OperationCanceledException or TimeoutException or IOException or InvalidOperationException)
        {
            _abort();
        }
    }

    private List<PushEvent> Take()
    {
        lock (_pending)
        {
            var all = _pending.Values.ToList();
            _pending.Clear();
            return all;
        }
    }

    // Whoever looked it up a moment ago may still push or abort: that must do nothing, so the signals are left to the collector.
    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _loop;
    }
}
