using System.Net;
using System.Text.Json.Nodes;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Tests;
using Microsoft.Extensions.DependencyInjection;

namespace Fhir.Server.Api.Tests.Http;

/// <summary>A house that believes the proxy before it and those of a network.</summary>
public class HouseBehind : IAsyncLifetime
{
    public House House { get; private set; } = null!;
    public virtual Task<TenantDatabase?> DatabaseAsync() => Task.FromResult<TenantDatabase?>(null);

    public Task<House> OpenAsync(string? address, params string[] trusted) => OpenAsync(s => s with { BaseUrl = address, TrustedProxies = [.. trusted.Select(t => IPNetwork.Parse(t))] });

    private async Task<House> OpenAsync(Func<ApiSettings, ApiSettings> set) => await House.OpenAsync(set: set, on: await DatabaseAsync());

    public async ValueTask InitializeAsync() => House = await OpenAsync(null, "127.0.0.1/32", "10.1.0.0/16");

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return House.DisposeAsync();
    }
}

public sealed class HouseBehindOnPostgres : HouseBehind
{
    public override async Task<TenantDatabase?> DatabaseAsync() => await TestDatabase.PostgresAsync();
}

/// <summary>Behind a proxy: its word about the caller counts when the settings name it, and nobody else's does.</summary>
public abstract class ProxyContract(HouseBehind behind)
{
    private const string Public = "https://fhir.example.org/care/fhir";
    private static readonly (string, string)[] Told =
    [
        ("X-Forwarded-For", "203.0.113.7"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "fhir.example.org"), ("X-Forwarded-Prefix", "/care/"),
    ];

    [Fact]
    public async Task T26_Behind_a_trusted_proxy_links_begin_with_the_address_that_was_called_there()
    {
        await EachLinkBeginsWithAsync(Public, behind.House, Told);
        await EachLinkBeginsWithAsync($"{behind.House.Url}/fhir", behind.House);   // one that says nothing
    }

    [Theory]
    [InlineData]
    [InlineData("10.1.0.0/16")]
    public async Task T26_Who_is_no_trusted_proxy_says_nothing_about_addresses(params string[] trusted)
    {
        await using var house = await behind.OpenAsync(null, trusted);
        await EachLinkBeginsWithAsync($"{house.Url}/fhir", house, Told);
        await IsCalledFromAsync("127.0.0.1", house, Told);
    }

    [Fact]
    public async Task T26_The_base_of_the_settings_stands_above_what_a_proxy_says()
    {
        await using var house = await behind.OpenAsync("https://set.example.org/fhir", "127.0.0.1/32");
        await EachLinkBeginsWithAsync("https://set.example.org/fhir", house, Told);
        await IsCalledFromAsync("203.0.113.7", house, Told);
    }

    [Theory]
    [InlineData("203.0.113.7", "203.0.113.7")]
    [InlineData("198.51.100.1, 203.0.113.7", "203.0.113.7")]                  // what she sent herself stands before what the proxy saw
    [InlineData("198.51.100.1, 203.0.113.7, 10.1.0.5", "203.0.113.7")]
    [InlineData("198.51.100.1, 203.0.113.7, 10.1.0.5, 10.1.9.9", "203.0.113.7")]
    [InlineData("198.51.100.1, 203.0.113.7, 10.2.0.5", "10.2.0.5")]
    [InlineData("203.0.113.7:4711", "203.0.113.7")]
    [InlineData("2001:db8::7", "2001:db8::7")]
    [InlineData("[2001:db8::7]:4711", "2001:db8::7")]
    [InlineData("203.0.113.7, unknown", "127.0.0.1")]
    [InlineData("203.0.113.7, <script>", "127.0.0.1")]
    [InlineData("", "127.0.0.1")]
    public async Task T26_The_audit_names_who_stands_behind_the_outermost_trusted_proxy(string said, string network)
    {
        await IsCalledFromAsync(network, behind.House, ("X-Forwarded-For", said));
    }

    [Theory]
    [InlineData("203.0.113.7", "http, https", "evil.example, fhir.example.org", "https://fhir.example.org/fhir")]
    [InlineData("203.0.113.7, 10.1.0.5", "ftp, https, http", "evil.example, fhir.example.org, inner.example", "https://fhir.example.org/fhir")]
    [InlineData("203.0.113.7, 10.1.0.5", "https", "fhir.example.org", "https://fhir.example.org/fhir")]
    [InlineData("203.0.113.7", "https", "fhir.example.org:8443", "https://fhir.example.org:8443/fhir")]
    [InlineData("203.0.113.7", "javascript", "fhir.example.org", "http://fhir.example.org/fhir")]
    public async Task T26_What_the_outermost_trusted_proxy_says_counts_and_what_came_before_it_does_not(string from, string scheme, string host, string address)
    {
        await EachLinkBeginsWithAsync(address, behind.House, ("X-Forwarded-For", from), ("X-Forwarded-Proto", scheme), ("X-Forwarded-Host", host));
    }

    [Theory]
    [InlineData("X-Forwarded-Host", "evil.example/path")]
    [InlineData("X-Forwarded-Host", "user@evil.example")]
    [InlineData("X-Forwarded-Host", "evil.example:port")]
    [InlineData("X-Forwarded-Host", "evil example")]
    [InlineData("X-Forwarded-Prefix", "//evil.example")]
    [InlineData("X-Forwarded-Prefix", "/a?b=")]
    [InlineData("X-Forwarded-Prefix", "evil")]
    [InlineData("X-Forwarded-Proto", "file")]
    [InlineData("Forwarded", "host=evil.example;proto=https")]
    [InlineData("X-Original-Host", "evil.example")]
    public async Task T26_What_is_no_address_counts_for_nothing(string header, string value)
    {
        await EachLinkBeginsWithAsync($"{behind.House.Url}/fhir", behind.House, (header, value));
    }

    private static async Task EachLinkBeginsWithAsync(string address, House house, params (string, string)[] headers)
    {
        var jansen = house.As("dr.jansen");
        var made = await jansen.Post("/fhir/Patient", """{"resourceType":"Patient"}""", headers);
        Assert.Equal($"{address}/Patient/{made.Id}/_history/1", made.Headers.Location?.ToString());
        await jansen.NewPatient();
        foreach (var path in (string[])["/fhir/Patient?_count=1", "/fhir/Patient/_history?_count=1"])
        {
            var page = (await jansen.Get(path, headers)).Json;
            var links = page["link"]!.AsArray().Select(l => (string)l!["url"]!).Concat(page["entry"]!.AsArray().Select(e => (string)e!["fullUrl"]!)).ToList();
            Assert.Contains(page["link"]!.AsArray(), l => (string?)l!["relation"] == "next");
            Assert.All(links, link => Assert.StartsWith($"{address}/Patient", link, StringComparison.Ordinal));
        }
        Assert.Equal(address, (string?)(await jansen.Get("/fhir/metadata", headers)).Json["implementation"]!["url"]);
        var export = await house.As("integrator").Get("/fhir/$export", [("Prefer", "respond-async"), .. headers]);
        Assert.StartsWith(address, export.Content.GetValues("Content-Location").Single(), StringComparison.Ordinal);
    }

    private static async Task IsCalledFromAsync(string network, House house, params (string, string)[] headers)
    {
        var mark = Guid.NewGuid().ToString("N");
        Assert.Equal(200, (await house.As("dr.jansen").Get("/fhir/Patient", [("X-Request-Id", mark), .. headers])).Code);
        Assert.Equal(401, (await house.As(null).Get("/fhir/Patient", [("X-Request-Id", mark), .. headers])).Code);
        var database = house.Services.GetRequiredService<TenantDatabase>();
        await using var audit = await database.ReadAuditAsync(default);
        Assert.Equal([network, network], await audit.QueryAsync(Sql.Of($"select a.network from audit_read r join audit_read_agent a on a.agent = r.agent where r.request = {mark}"), r => r.GetString(0), default));
        var made = await house.As("dr.jansen").Post("/fhir/Patient", """{"resourceType":"Patient"}""", headers);
        Assert.Equal([network], await database.QueryAsync(Sql.Of($"select a.network from audit_write w join audit_write_agent a on a.agent = w.agent where w.fid = {made.Id}"), r => r.GetString(0), default));
    }
}

public sealed class ProxiesOnSqlite(HouseBehind behind) : ProxyContract(behind), IClassFixture<HouseBehind>;
public sealed class ProxiesOnPostgres(HouseBehindOnPostgres behind) : ProxyContract(behind), IClassFixture<HouseBehindOnPostgres>;
