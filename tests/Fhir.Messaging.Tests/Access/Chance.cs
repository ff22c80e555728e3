namespace Fhir.Messaging.Tests.AccessTests;

/// <summary>A die that falls the same way for the same seed.</summary>
public sealed class Chance(int seed)
{
    private readonly Random _random = new(seed);

    public int Next(int below) => _random.Next(below);
    public bool In(int of, int times = 1) => _random.Next(of) < times;
    public T Of<T>(IReadOnlyList<T> all) => all[_random.Next(all.Count)];
    public int Between(int least, int most) => _random.Next(least, most + 1);
}
