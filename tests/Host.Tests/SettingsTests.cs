using Fhir.Server.Api.Validating;
using Host.Settings;
using Microsoft.Extensions.Configuration;

namespace Host.Tests;

/// <summary>What an operator sets, and the sentence she gets when it cannot be.</summary>
public sealed class SettingsTests
{
    [Fact]
    public void Nothing_set_means_the_demo_on_this_machine_on_SQLite()
    {
        Assert.False(Read().Failed(out _, out var settings));
        Assert.True(settings!.Demo);
        Assert.True(settings.Addresses.OnlyLoopback);
        Assert.Equal("http://127.0.0.1:5080", settings.Addresses.Urls[0]);
        Assert.Equal(Path.Combine("/somewhere", "data"), settings.DataFolder);
        Assert.Equal(DatabaseProvider.Sqlite, settings.Provider);
        Assert.Equal(settings.DataFolder, settings.Api.DataFolder);
        Assert.True(settings.Api.Demo);
    }

    [Theory]
    [InlineData("http://127.0.0.1:5080", true)]
    [InlineData("http://127.1.2.3:80", true)]
    [InlineData("http://localhost:5080;http://[::1]:5080", true)]
    [InlineData("http://0.0.0.0:5080", false)]
    [InlineData("http://[::]:5080", false)]
    [InlineData("http://*:5080", false)]
    [InlineData("http://+:5080", false)]
    [InlineData("http://localhost.example:5080", false)]
    [InlineData("http://127.0.0.1.example:5080", false)]
    [InlineData("http://127.0.0.1:5080;http://192.168.1.5:5080", false)]
    public void The_demo_is_on_by_default_only_when_every_address_is_loopback(string urls, bool demo)
    {
        Assert.False(Read(("urls", urls)).Failed(out _, out var settings));
        Assert.Equal(demo, settings!.Demo);
        var asked = Read(("urls", urls), ("Demo:Enabled", "true"));
        Assert.Equal(!demo, asked.Failed(out var issue, out _));
        if (!demo) Assert.Contains("Demo:Enabled", issue!.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Database:Provider", "oracle")]
    [InlineData("Database:Provider", "postgres")]
    [InlineData("Database:ConnectionString", "Host=db")]
    [InlineData("Demo:Enabled", "perhaps")]
    [InlineData("Demo:PracticeSystem", "http://127.0.0.1:2575")]
    [InlineData("Demo:PracticeSystem", "mllp://127.0.0.1")]
    [InlineData("Access:CareGraceDays", "a month")]
    [InlineData("Access:CareGraceDays", "-1")]
    [InlineData("Access:GuessesPerHour", "0")]
    [InlineData("Writes:ReferentialIntegrity", "maybe")]
    [InlineData("Writes:IfMatchRequired", "Patient,Pattient")]
    [InlineData("Cors:Origins", "*")]
    [InlineData("Server:TrustedProxies", "proxy.example.org")]
    [InlineData("Server:TrustedProxies", "10.0.0.7,0.0.0.0/0")]
    [InlineData("Server:TrustedProxies", "::/0")]
    [InlineData("Cors:Origins", "https://app.example.org/page")]
    [InlineData("Access:GuessesPerHour", "many")]
    [InlineData("Validation:Base", "strict")]
    [InlineData("Validation:Import:Profiles", "yes")]
    [InlineData("Validation:Profile", "warn")]
    [InlineData("Profiles:Packages", "/no/such/folder")]
    [InlineData("urls", "nowhere")]
    [InlineData("urls", "")]
    [InlineData("urls", "ftp://127.0.0.1:21")]
    [InlineData("Kestrel:Endpoints:Other:Url", "http://0.0.0.0:80")]
    public void What_is_missing_or_contradictory_stops_the_start_with_one_sentence(string key, string value)
    {
        Assert.True(Read((key, value)).Failed(out var issue, out _));
        Assert.Contains(key.Split(':')[0], issue!.Text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain('\n', issue.Text);
        Assert.EndsWith(".", issue.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_trusted_proxy_is_an_address_or_a_network_and_lets_nobody_into_the_demo()
    {
        Assert.False(Read(("Server:TrustedProxies", "127.0.0.1, 10.1.0.0/16,2001:db8::1")).Failed(out _, out var settings));
        Assert.Equal(["127.0.0.1/32", "10.1.0.0/16", "2001:db8::1/128"], settings!.Api.TrustedProxies.Select(p => p.ToString()));
        Assert.False(settings.Demo);
        Assert.True(Read(("Server:TrustedProxies", "127.0.0.1"), ("Demo:Enabled", "true")).Failed(out var issue, out _));
        Assert.Contains("Demo:Enabled", issue!.Text, StringComparison.Ordinal);
        Assert.False(Read().Failed(out _, out var usual));
        Assert.Empty(usual!.Api.TrustedProxies);
    }

    [Fact]
    public void Writes_are_judged_with_warnings_and_imports_not_at_all_unless_told_otherwise()
    {
        Assert.False(Read().Failed(out _, out var usual));
        Assert.Equal(new(Strictness.Warn, Strictness.Warn), usual!.Api.Validation.Writes);
        Assert.Equal(new(Strictness.Off, Strictness.Off), usual.Api.Validation.Import);
        Assert.False(Read(("Validation:Profiles", "Enforce"), ("Validation:Import:Base", "warn")).Failed(out _, out var set));
        Assert.Equal(new(Strictness.Warn, Strictness.Enforce), set!.Api.Validation.Writes);
        Assert.Equal(new(Strictness.Warn, Strictness.Off), set.Api.Validation.Import);
    }

    [Fact]
    public void Postgres_comes_with_its_connection_string()
    {
        Assert.False(Read(("Database:Provider", "postgres"), ("Database:ConnectionString", "Host=db")).Failed(out _, out var settings));
        Assert.Equal(DatabaseProvider.Postgres, settings!.Provider);
    }

    [Theory]
    [InlineData("http://127.0.0.1:41000", "http://localhost:41000")]
    [InlineData("http://[::1]:41000", "http://localhost:41000")]
    [InlineData("http://10.0.0.5:80", "http://10.0.0.5:80")]
    public void A_loopback_address_is_shown_as_localhost(string listening, string shown) => Assert.Equal(shown, Addresses.Shown(listening));

    private static Fhir.Server.Core.Outcomes.Result<HouseSettings> Read(params (string Key, string Value)[] set) =>
        HouseSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(set.ToDictionary(s => s.Key, s => (string?)s.Value, StringComparer.Ordinal)).Build(), "/somewhere");
}
