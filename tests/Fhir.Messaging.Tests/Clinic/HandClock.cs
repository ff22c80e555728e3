namespace Fhir.Messaging.Tests.Clinic;

/// <summary>A clock that runs, and can be turned forward.</summary>
public sealed class HandClock : TimeProvider
{
    private long _ahead;

    public long Micros => (GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    public void Advance(TimeSpan by) => Interlocked.Add(ref _ahead, by.Ticks);

    public override DateTimeOffset GetUtcNow() => TimeProvider.System.GetUtcNow().AddTicks(Interlocked.Read(ref _ahead));
}
