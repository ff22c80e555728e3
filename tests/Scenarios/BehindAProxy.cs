using System.Net;
using System.Text.Json.Nodes;
using Scenarios.Stage;

namespace Scenarios;

/// <summary>The server with two tenants behind a proxy that it trusts.</summary>
public sealed class BehindAProxy
{
    [Fact]
    public async Task T26_A_trusted_proxy_tells_the_address_and_never_the_tenant()
    {
        await using var clinic = await Clinic.OpenAsync("--Server:TrustedProxies=127.0.0.1", "--Tenants:north:Host=north.example.org", "--Tenants:south:Host=south.example.org");
        using var http = new HttpClient();
        Assert.Equal("https://north.example.org:8443/r4/fhir", await UrlAsync("north.example.org", ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "north.example.org:8443"), ("X-Forwarded-Prefix", "/r4")));
        Assert.Equal("https://south.example.org/fhir", await UrlAsync("south.example.org", ("X-Forwarded-Proto", "https")));
        foreach (var name in (string[])["south.example.org", "evil.example.org", "127.0.0.1"])
            Assert.Equal(HttpStatusCode.BadRequest, (await AskAsync("north.example.org", ("X-Forwarded-Host", name))).StatusCode);
        Assert.Equal(HttpStatusCode.MisdirectedRequest, (await AskAsync("127.0.0.1", ("X-Forwarded-Host", "north.example.org"))).StatusCode);

        async Task<string?> UrlAsync(string host, params (string, string)[] headers) =>
            (string?)JsonNode.Parse(await (await AskAsync(host, headers)).Content.ReadAsStringAsync())!["implementation"]!["url"];

        async Task<HttpResponseMessage> AskAsync(string host, params (string Name, string Value)[] headers)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"{clinic.Url}/fhir/metadata");
            request.Headers.Host = host;
            foreach (var (name, value) in headers) request.Headers.Add(name, value);
            return await http.SendAsync(request);
        }
    }
}
