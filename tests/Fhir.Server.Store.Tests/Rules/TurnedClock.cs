using System.Globalization;

namespace Fhir.Server.Store.Tests.Rules;

/// <summary>A clock that stands still until it is turned.</summary>
internal sealed class TurnedClock : TimeProvider
{
    private DateTimeOffset _now = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);

    public long Micros => (_now - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
    public void Turn(double days) => _now = _now.AddDays(days);
    public override DateTimeOffset GetUtcNow() => _now;

    /// <summary>A moment so many days from now, as FHIR writes it.</summary>
    public string At(double days) => _now.AddDays(days).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
