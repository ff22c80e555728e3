using Fhir.Server.Core.Outcomes;
using Host.Settings;
using Microsoft.Extensions.Configuration;

namespace Host.Tests;

/// <summary>Tenants as an operator sets them: their own settings over the common ones, and nothing in common that would join them.</summary>
public sealed class TenantSettingsTests
{
    [Fact]
    public void Without_tenants_one_house_answers_to_every_name()
    {
        Assert.False(Read().Failed(out _, out var tenants));
        Assert.Empty(Assert.Single(tenants!.All).Hosts);
        Assert.False(tenants.For(null).Failed(out _, out _));
        Assert.True(tenants.For("north").Failed(out _, out _));
    }

    [Fact]
    public void A_tenant_has_its_own_names_folder_and_issuer_over_the_common_settings()
    {
        Assert.False(Read(("Tenants:north:Host", "North.example; noord.example"), ("Tenants:south:Host", "south.example"), ("Tenants:south:Data:Folder", "/elsewhere"),
            ("Tenants:south:Access:CareGraceDays", "7"), ("Access:CareGraceDays", "9")).Failed(out _, out var tenants));
        var (north, south) = (tenants!.All[0], tenants.All[1]);
        Assert.Equal(["north.example", "noord.example"], north.Hosts);
        Assert.Equal((Path.Combine("/somewhere", "data", "north"), "/elsewhere"), (north.DataFolder, south.DataFolder));
        Assert.Equal((north.DataFolder, south.DataFolder), (north.Api.DataFolder, south.Api.DataFolder));
        Assert.Equal(("https://north.example", "https://north.example/fhir"), (north.Api.Issuer, north.Api.Audience));
        Assert.Equal((9, 7), (north.Api.CareGraceDays, south.Api.CareGraceDays));
        Assert.Contains("https://north.example/fhir", north.Addresses.Bases(north.Hosts));
        Assert.Contains("http://noord.example:5080/fhir", north.Addresses.Bases(north.Hosts));
        Assert.DoesNotContain(north.Addresses.Bases(north.Hosts), known => known.Contains("127.0.0.1", StringComparison.Ordinal));
    }

    [Fact]
    public void The_demo_is_of_tenants_whose_names_lead_to_this_machine_only()
    {
        Assert.False(Read(("Tenants:north:Host", "north.localhost"), ("Tenants:south:Host", "south.example"), ("Tenants:both:Host", "localhost;x.example")).Failed(out _, out var tenants));
        Assert.Equal([("both", false), ("north", true), ("south", false)], tenants!.All.Select(house => (house.Tenant, house.Demo)));
        Assert.True(Read(("Tenants:south:Host", "south.example"), ("Tenants:south:Demo:Enabled", "true")).Failed(out var issue, out _));
        Assert.StartsWith("Tenant south: Demo:Enabled is true, but Host", issue!.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_of_trusted_issuers_is_replaced_not_merged()
    {
        Assert.False(Read(("Tenants:north:Host", "north.example"), ("Authentication:Authorities:0:Authority", "https://common.example"), ("Authentication:Authorities:0:Audience", "common"),
            ("Authentication:Authorities:1:Authority", "https://second.example"), ("Tenants:north:Authentication:Authorities:0:Authority", "https://own.example")).Failed(out _, out var tenants));
        var trusted = Assert.Single(tenants!.All[0].Api.Authorities);
        Assert.Equal(("https://own.example", ""), (trusted.Authority, trusted.Audience));
    }

    [Theory]
    [InlineData("Host", "Tenants:south:Host", "other.example;NORTH.example")]
    [InlineData("Data:Folder", "Tenants:south:Data:Folder", "/somewhere/data/x/../north")]
    [InlineData("Database:ConnectionString", "Database:ConnectionString", "Host=db", "Database:Provider", "postgres")]
    [InlineData("Authentication:Issuer", "Authentication:Issuer", "https://issuer.example")]
    [InlineData("Authentication:Issuer", "Tenants:south:Authentication:Issuer", "https://north.example")]
    [InlineData("issuer and audience", "Authentication:Authorities:0:Authority", "https://login.example", "Authentication:Authorities:0:Audience", "us")]
    [InlineData("issuer and audience", "Tenants:south:Authentication:Authorities:0:Authority", "https://north.example/", "Tenants:south:Authentication:Authorities:0:Audience", "https://north.example/fhir")]
    [InlineData("Attachments:KeyFile", "Attachments:KeyFile", "/keys/attachments.key")]
    [InlineData("Audit:HeadsFile", "Audit:HeadsFile", "/heads.log")]
    [InlineData("Server:BaseUrl", "Server:BaseUrl", "https://fhir.example/fhir")]
    public void H9_What_two_tenants_may_not_share_stops_the_start_with_one_sentence(string setting, params string[] pairs)
    {
        var set = pairs.Chunk(2).Select(pair => (pair[0], pair[1]));
        Assert.True(Read([("Tenants:north:Host", "north.example"), ("Tenants:south:Host", "south.example"), .. set]).Failed(out var issue, out _));
        Assert.StartsWith($"Tenants north and south have the same {setting}", issue!.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Tenants", "north")]
    [InlineData("Tenants:north:Data:Folder", "/x")]
    [InlineData("Tenants:north:Host", "")]
    [InlineData("Tenants:north:Host", "*")]
    [InlineData("Tenants:north:Host", "*.example")]
    [InlineData("Tenants:north:Host", "north.example:5080")]
    [InlineData("Tenants:north:Host", "https://north.example")]
    [InlineData("Tenants:north:Host", "nörth.example")]
    [InlineData("Tenants:../up:Host", "north.example")]
    [InlineData("Tenants:north:urls", "http://127.0.0.1:1", "Tenants:north:Host", "north.example")]
    public void What_makes_no_tenant_stops_the_start_with_one_sentence(params string[] pairs)
    {
        Assert.True(Read([.. pairs.Chunk(2).Select(pair => (pair[0], pair[1]))]).Failed(out var issue, out _));
        Assert.Contains("enant", issue!.Text, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', issue.Text);
    }

    [Fact]
    public void H9_A_command_says_which_tenant_it_works_on()
    {
        Assert.False(Read(("Tenants:north:Host", "north.example"), ("Tenants:south:Host", "south.example")).Failed(out _, out var two));
        Assert.All((string?[])[null, "", "west"], name => Assert.True(two!.For(name).Failed(out _, out _)));
        Assert.False(two!.For("South").Failed(out _, out var south));
        Assert.Equal("south", south!.Tenant);
        Assert.False(Read().Failed(out _, out var alone));
        Assert.True(alone!.For("north").Failed(out _, out _));
    }

    private static Result<Tenants> Read(params (string Key, string Value)[] set) =>
        Tenants.Read(new ConfigurationBuilder().AddInMemoryCollection(set.GroupBy(s => s.Key, StringComparer.Ordinal).ToDictionary(same => same.Key, same => (string?)same.Last().Value, StringComparer.Ordinal)).Build(), "/somewhere");
}
