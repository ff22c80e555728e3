using System.Collections.Immutable;

namespace Fhir.Messaging.Delivery;

/// <summary>How long deliveries are tried; the defaults suit a practice system that is switched off for a weekend.</summary>
public sealed record DeliverySettings
{
    /// <summary>The waits between attempts; the last one repeats.</summary>
    public ImmutableArray<TimeSpan> BackOff { get; init; } =
        [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(10), TimeSpan.FromHours(1)];

    /// <summary>After this long without an answer a person must look.</summary>
    public TimeSpan GiveUpAfter { get; init; } = TimeSpan.FromHours(72);

    /// <summary>How long one attempt may take before it counts as lost; longer than any line waits for its answer.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>True: no other process writes this database, so what was in flight when the last one ended may go out again at once.</summary>
    public bool SoleWriter { get; init; }

    internal TimeSpan WaitAfter(int attempts) => BackOff[Math.Clamp(attempts - 1, 0, BackOff.Length - 1)];
}
