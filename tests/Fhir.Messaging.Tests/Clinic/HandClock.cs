namespace Fhir.Messaging.Tests.Clinic;

/// <summary>A clock that runs until it is stopped, and can be turned forward.</summary>
public sealed class HandClock : TimeProvider
{
    private long _ahead, _stoppedAt;

    public long Micros => (GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    public void Advance(TimeSpan by) => Interlocked.Add(ref _ahead, by.Ticks);

    /// <summary>For what must not depend on how long the test itself takes. It still moves a µs with each look, as no two commits share a moment.</summary>
    public void Stop() => Interlocked.Exchange(ref _stoppedAt, TimeProvider.System.GetUtcNow().Ticks);

    public override DateTimeOffset GetUtcNow()
    {
        if (Interlocked.Read(ref _stoppedAt) is var at and > 0)
            return new DateTimeOffset(at + Interlocked.Add(ref _ahead, TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);
        return TimeProvider.System.GetUtcNow().AddTicks(Interlocked.Read(ref _ahead));
    }
}
