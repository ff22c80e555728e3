namespace Fhir.Messaging.Realtime;

/// <summary>Rung after a commit that connected people should hear of; many rings before the listener comes are one.</summary>
public sealed class Bell : IDisposable
{
    private readonly SemaphoreSlim _rung = new(0, 1);

    public void Ring()
    {
        lock (_rung)
        {
            if (_rung.CurrentCount == 0) _rung.Release();
        }
    }

    /// <summary>Comes back when it was rung, or after the wait at the latest.</summary>
    public Task WaitAsync(TimeSpan atMost, CancellationToken stop) => _rung.WaitAsync(atMost, stop);

    public void Dispose() => _rung.Dispose();
}
