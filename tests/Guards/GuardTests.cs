namespace Guards;

/// <summary>Each guard is removed in turn, in a copy of the checkout; some test must go red for it.</summary>
public sealed class GuardTests(Workshop workshop) : IClassFixture<Workshop>
{
    private static bool IsLong => Environment.GetEnvironmentVariable("SAMENSPRAAK_LONG") == "1";

    private static string? Word => Environment.GetEnvironmentVariable("SAMENSPRAAK_GUARD") is { Length: > 0 } word ? word : null;

    public static TheoryData<string> Names => [.. Guard.All.Where(g => Word is null ? IsLong || g.IsQuick : $"{g.Name} {g.File} {g.Class}".Contains(Word, StringComparison.Ordinal)).Select(g => g.Name)];

    [Fact]
    public void Every_guard_stands_where_the_list_says() =>
        Assert.Empty(Guard.All.Where(g => Workshop.Count(File.ReadAllText(Path.Combine(Workshop.Checkout, g.File)), g.Text) != 1).Select(g => $"{g.Name}: {g.File} does not hold this once: {g.Text}"));

    [Fact]
    public void Every_guard_has_a_name_of_its_own() => Assert.Equal(Guard.All.Count, Guard.All.Select(g => g.Name).Distinct(StringComparer.Ordinal).Count());

    [Theory, MemberData(nameof(Names))]
    public async Task K5_Without_it_some_test_goes_red(string name)
    {
        var guard = Guard.All.Single(g => g.Name == name);
        Assert.True(await workshop.IsGreenAsync(guard), $"{guard.Class} is not green with the guard in place.\n{workshop.Said}");
        Assert.True(await workshop.IsRedWithoutAsync(guard), $"{guard.Class} stays green without the guard: {guard.Text}\n{workshop.Said}");
    }
}
