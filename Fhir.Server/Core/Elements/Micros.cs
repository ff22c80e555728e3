namespace Fhir.Server.Core.Elements;

/// <summary>A moment as the database has it: µs since 1970.</summary>
public static class Micros
{
    /// <summary>The moment as µs.</summary>
    public static long Of(DateTimeOffset at) => (at.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) / TimeSpan.TicksPerMicrosecond;

    /// <summary>The moment that these µs are.</summary>
    public static DateTimeOffset At(long micros) => DateTimeOffset.UnixEpoch.AddMicroseconds(micros);

    /// <summary>As a FHIR instant.</summary>
    public static string Instant(long micros) =>
        At(micros).UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", System.Globalization.CultureInfo.InvariantCulture);
}
