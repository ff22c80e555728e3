namespace Fhir.Messaging.Care;

/// <summary>From now for a while, in whole milliseconds: what the resource says is what the row holds.</summary>
internal static class CareMoments
{
    public static (DateTimeOffset From, DateTimeOffset Until) Of(TimeProvider clock, TimeSpan length)
    {
        var now = DateTimeOffset.FromUnixTimeMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds());
        return (now, now + length);
    }
}
