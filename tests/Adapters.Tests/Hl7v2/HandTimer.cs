using System.Collections.Concurrent;

namespace Adapters.Tests.Hl7v2;

/// <summary>Timers that run out when the test says so, however fast or slow the machine is.</summary>
internal sealed class HandTimer : TimeProvider
{
    private readonly ConcurrentQueue<Action> _waiting = new();

    public void RunOut()
    {
        while (_waiting.TryDequeue(out var fire)) fire();
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        _waiting.Enqueue(() => callback(state));
        return new Held();
    }

    private sealed class Held : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;
        public void Dispose() { }
        public ValueTask DisposeAsync() => default;
    }
}
