namespace Guards;

/// <summary>Each guard is removed in turn; some test must go red for it.</summary>
public sealed class GuardTests(Workshop workshop) : IClassFixture<Workshop>
{
    public static TheoryData<string> Names => [.. Guard.Chosen.Select(g => g.Name)];

    [Fact]
    public void Every_guard_stands_where_the_list_says() =>
        Assert.Empty(Guard.All.Where(g => g.CountIn(File.ReadAllText(Path.Combine(Workshop.Checkout, g.File))) != 1).Select(g => $"{g.Name}: {g.File} does not hold this once: {g.Text}"));

    [Fact]
    public void Every_guard_has_a_name_of_its_own() => Assert.Equal(Guard.All.Count, Guard.All.Select(g => g.Name).Distinct(StringComparer.Ordinal).Count());

    [Theory, MemberData(nameof(Names))]
    public async Task K5_Without_it_some_test_goes_red(string name)
    {
        var complaint = await workshop.ComplaintAsync(name);
        Assert.True(complaint is null, complaint);
    }
}
