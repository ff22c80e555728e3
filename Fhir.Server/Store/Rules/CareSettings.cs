namespace Fhir.Server.Store.Rules;

/// <summary>Grace = how long those who cared still see the patient after the resource that named them was closed.</summary>
public sealed record CareSettings
{
    public TimeSpan Grace { get; init; } = TimeSpan.FromDays(30);
}
