using System.Diagnostics;
using Fhir.Server.Api.Tests;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Tests;

namespace Fhir.Messaging.Tests.AccessTests;

/// <summary>How long "not found" takes does not tell what is hidden from what is missing. In the long run only: it wants a quiet machine.</summary>
public abstract class TimingContract
{
    private const int Rounds = 11, Each = 300;

    // Kolmogorov and Smirnov's distance that chance passes once in a thousand: https://en.wikipedia.org/wiki/Kolmogorov–Smirnov_test#Two-sample_Kolmogorov–Smirnov_test
    private static readonly double Chance = 1.95 * Math.Sqrt(2.0 / Each);

    protected abstract Task<TenantDatabase> EmptyAsync();

    [Fact]
    public async Task H2_The_time_of_an_answer_does_not_tell_hidden_from_missing()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("SAMENSPRAAK_LONG") == "1", "In the long run only.");
        await using var world = await World.OpenAsync(EmptyAsync, LeakListContract.Stage.Facts());
        var client = new Client(world.Clinic.Url, world.TokenOf(MadeUpClinic.Gp));
        var distances = new List<double>();
        await RoundAsync(client);   // what is compiled and cached on the way is nobody's secret
        for (var i = 0; i < Rounds; i++) distances.Add(await RoundAsync(client));
        // The median: a round in which the machine did something else counts for one.
        Assert.True(distances.Order().ElementAt(Rounds / 2) < Chance, $"Distances of {Each} answers each (chance: {Chance:0.000}): {string.Join(' ', distances.Select(d => $"{d:0.000}"))}");
    }

    [Fact]
    public void Two_that_differ_are_told_apart_and_two_that_do_not_are_not()
    {
        double[] some = [.. Enumerable.Range(0, Each)];
        Assert.Equal(0, Distance(some, some));
        Assert.Equal(1, Distance(some, [.. some.Select(v => v + Each)]), 3);
        Assert.Equal(0.5, Distance(some, [.. some.Select(v => v + (Each / 2))]), 2);
    }

    // One after the other, and first the one, then the other: what slows the machine down slows both.
    private static async Task<double> RoundAsync(Client client)
    {
        var (hidden, missing) = (new List<double>(), new List<double>());
        for (var i = 0; i < Each; i++)
        {
            if (i % 2 == 0) hidden.Add(await TimeAsync(client, "theirs"));
            missing.Add(await TimeAsync(client, "nobody"));
            if (i % 2 == 1) hidden.Add(await TimeAsync(client, "theirs"));
        }
        return Distance(hidden, missing);
    }

    private static async Task<double> TimeAsync(Client client, string id)
    {
        var start = Stopwatch.GetTimestamp();
        Assert.Equal(404, (await client.Get($"/fhir/Patient/{id}")).Code);
        return Stopwatch.GetElapsedTime(start).TotalMicroseconds;
    }

    /// <summary>The greatest difference between the shares of both that took at most so long.</summary>
    private static double Distance(IReadOnlyList<double> one, IReadOnlyList<double> other) =>
        one.Concat(other).Max(at => Math.Abs((one.Count(v => v <= at) / (double)one.Count) - (other.Count(v => v <= at) / (double)other.Count)));
}

public sealed class TimingOnSqlite : TimingContract
{
    protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.SqliteAsync();
}

public sealed class TimingOnPostgres : TimingContract
{
    protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.PostgresAsync();
}
