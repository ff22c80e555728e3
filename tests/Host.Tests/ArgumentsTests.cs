using Host.CommandLine;

namespace Host.Tests;

/// <summary>How the words behind ./start are read.</summary>
public sealed class ArgumentsTests
{
    [Fact]
    public void Without_a_command_it_serves()
    {
        Assert.False(Arguments.Read(["--urls", "http://127.0.0.1:0", "--Data:Folder=/x y"]).Failed(out _, out var read));
        Assert.Equal(Arguments.Serve, read!.Command);
        Assert.Equal("/x y", read.Options["data:folder"]);
        Assert.Equal("http://127.0.0.1:0", read.Options["urls"]);
    }

    [Fact]
    public void A_command_may_mix_what_it_works_on_with_options()
    {
        Assert.False(Arguments.Read(["import", "a", "--practice", "de-linde", "b", "--Data:Folder", "d"]).Failed(out _, out var read));
        Assert.Equal(["a", "b"], read!.Subjects);
        Assert.Equal("de-linde", read.Options["practice"]);
    }

    [Theory]
    [InlineData("token", "--step-up", "--user", "dr.jansen")]
    [InlineData("token", "--user", "dr.jansen", "--step-up")]
    [InlineData("token", "--step-up=true", "--user", "dr.jansen")]
    [InlineData("token", "--step-up", "true", "--user", "dr.jansen")]
    public void A_flag_needs_no_value_and_takes_nobody_elses(params string[] words)
    {
        Assert.False(Arguments.Read(words).Failed(out _, out var read));
        Assert.Equal(("true", "dr.jansen"), (read!.Options["step-up"], read.Options["user"]));
    }

    [Theory]
    [InlineData("fly")]
    [InlineData("import", "x", "--practise", "y")]
    [InlineData("--practice", "y")]
    [InlineData("token", "dr.jansen")]
    [InlineData("token", "--user")]
    [InlineData("serve", "now")]
    public void What_is_not_understood_is_said_and_nothing_runs(params string[] words)
    {
        Assert.True(Arguments.Read(words).Failed(out var issue, out _));
        Assert.Equal("usage", issue!.Code);
        Assert.Contains("--help", issue.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("import", "--help")]
    [InlineData("-h")]
    public void Help_is_help_wherever_it_stands(params string[] words)
    {
        Assert.False(Arguments.Read(words).Failed(out _, out var read));
        Assert.Equal(Arguments.Help, read!.Command);
    }
}
