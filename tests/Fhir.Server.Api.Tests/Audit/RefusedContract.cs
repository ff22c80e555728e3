using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Fhir.Server.Api.Audit;
using Fhir.Server.Api.Identity;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Tests;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.IdentityModel.JsonWebTokens;

namespace Fhir.Server.Api.Tests.Audit;

/// <summary>What is refused before anything is looked up is in the log too, with who asked; strangers cannot fill it without end.</summary>
public abstract class RefusedContract
{
    protected abstract Task<TenantDatabase?> DatabaseAsync();

    private async Task<House> OpenAsync(Func<ApiSettings, ApiSettings>? set = null) => await House.OpenAsync(set: set, on: await DatabaseAsync());

    private static async Task<List<JsonNode>> EventsAsync(House house, string query = "")
    {
        var events = new List<JsonNode>();
        for (string? page = $"/fhir/AuditEvent?{query}_count=500"; page is not null;)
        {
            var bundle = (await house.As("privacy").Get(page)).Json;
            events.AddRange(bundle["entry"]?.AsArray().Select(e => e!["resource"]!) ?? []);
            page = bundle["link"]!.AsArray().Where(l => (string?)l!["relation"] == "next").Select(l => new Uri((string)l!["url"]!).PathAndQuery).FirstOrDefault();
        }
        return events;
    }

    private static string? RequestOf(JsonNode e) => e["entity"]?.AsArray().Select(x => (string?)x!["what"]?["identifier"]?["value"]).FirstOrDefault(v => v is not null);
    private static string Who(JsonNode e) => (string?)e["agent"]![0]!["who"]!["reference"] ?? (string)e["agent"]![0]!["who"]!["identifier"]!["value"]!;

    [Theory]
    [InlineData("GET", "/fhir/Patient/x?_format=html", null, 406)]
    [InlineData("GET", "/fhir/Patient?_format=html", null, 406)]
    [InlineData("POST", "/fhir/Patient", "{", 400)]
    [InlineData("POST", "/fhir", "{", 400)]
    [InlineData("POST", "/fhir/Patient/_search", "{", 400)]
    [InlineData("TRACE", "/fhir/Patient/x", null, 405)]
    [InlineData("OPTIONS", "/fhir/Patient", null, 405)]
    [InlineData("GET", "/fhir/Patient/x/y/z/nothing", null, 404)]
    [InlineData("GET", "/fhir/$nothing/x/y/z", null, 404)]
    [InlineData("POST", "/fhir/Patient", "large", 413)]
    [InlineData("PUT", "/fhir/AuditEvent/x", "{}", 405)]
    public async Task Whatever_is_refused_leaves_one_row_that_names_who_asked(string method, string path, string? body, int status)
    {
        await using var house = await OpenAsync(s => s with { MaxBodyBytes = 1000 });
        if (body == "large") body = $$"""{"resourceType":"Patient","name":[{"family":"{{new string('x', 2000)}}"}]}""";
        foreach (var (user, name) in new[] { ("dr.jansen", "Practitioner/dr.jansen"), (null, "anonymous") })
        {
            var got = await house.As(user).Send(method, path, body, ("X-Request-Id", $"refused-{name.Length}"));
            Assert.Equal(user is null && status is not 404 and not 405 || (user is null && path.Contains("AuditEvent", StringComparison.Ordinal)) ? 401 : status, got.Code);
            var one = Assert.Single(await EventsAsync(house), e => RequestOf(e) == $"refused-{name.Length}");
            Assert.Equal((name, "4"), (Who(one), (string)one["outcome"]!));
            Assert.Equal(user is not null, one["purposeOfEvent"] is not null);
        }
    }

    [Fact]
    public async Task The_holder_of_a_good_token_who_is_nobody_here_is_named_as_her_token_names_her()
    {
        await using var house = await OpenAsync();
        var id = await house.As("dr.jansen").NewPatient();
        foreach (var (subject, named) in new[] { ("dr.gone", "dr.gone"), ($"Patient/{id}", $"Patient%2F{id}") })
        {
            var token = house.Tokens.Issue(new(subject, House.AllRights, TimeSpan.FromMinutes(10)) { PractitionerRole = "PractitionerRole/nobody" });
            var read = new JsonWebToken(token);
            Assert.Equal(403, (await house.With(token).Get("/fhir/Patient", ("X-Request-Id", $"holder-{named.Length}"))).Code);
            var one = Assert.Single(await EventsAsync(house), e => RequestOf(e) == $"holder-{named.Length}");
            var (who, policy) = (one["agent"]![0]!["who"]!["identifier"]!, (string?)one["agent"]![0]!["policy"]?[0]);
            Assert.Equal((named, read.Issuer, read.Id), ((string?)who["value"], (string?)who["system"], policy));
            Assert.Equal(("4", null), ((string)one["outcome"]!, one["purposeOfEvent"]));
            Assert.Single(await EventsAsync(house, $"agent={Uri.EscapeDataString(named)}&"));
        }
        Assert.DoesNotContain(await EventsAsync(house, $"patient={id}&"), e => Who(e) == $"Patient%2F{id}");   // a subject is not a patient of ours
    }

    [Fact]
    public async Task A_body_that_was_cut_off_leaves_a_row()
    {
        await using var house = await OpenAsync();
        await CutAsync(house);
        var found = await EventOfAsync(house, "cut");
        Assert.Equal(("Practitioner/dr.jansen", "4"), (Who(found), (string)found["outcome"]!));
    }

    [Fact]
    public async Task A_request_whose_caller_did_not_wait_leaves_a_row()
    {
        await using var house = await OpenAsync();
        using var waits = new CancellationTokenSource();
        var context = new DefaultHttpContext { RequestServices = house.Services, RequestAborted = waits.Token };
        context.SetEndpoint(new(null, new(Right.Read), "read"));
        (context.Request.Method, context.Request.Path) = ("GET", "/fhir/Patient/x");
        (context.Request.Headers.Authorization, context.Request.Headers["X-Request-Id"]) = ($"Bearer {house.Tokens.Issue(House.TokenOf("dr.jansen"))}", "gone");
        var edge = ActivatorUtilities.CreateInstance<Edge>(house.Services, (RequestDelegate)(async _ =>
        {
            await waits.CancelAsync();
            waits.Token.ThrowIfCancellationRequested();
        }));
        await edge.InvokeAsync(context);
        var found = await EventOfAsync(house, "gone");
        Assert.Equal(("Practitioner/dr.jansen", "4"), (Who(found), (string)found["outcome"]!));
        Assert.StartsWith("499", (string)found["outcomeDesc"]!, StringComparison.Ordinal);
    }

    private static async Task CutAsync(House house)
    {
        using var socket = new TcpClient();
        var at = new Uri(house.Url);
        await socket.ConnectAsync(at.Host, at.Port, TestContext.Current.CancellationToken);
        await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"POST /fhir/Patient HTTP/1.1\r\nHost: x\r\nX-Request-Id: cut\r\nContent-Type: application/fhir+json\r\nContent-Length: 500\r\nAuthorization: Bearer {house.Tokens.Issue(House.TokenOf("dr.jansen"))}\r\n\r\n{{\"resourceType\":"), TestContext.Current.CancellationToken);
        await Task.Delay(300, TestContext.Current.CancellationToken);   // until it is being read; if it is not yet, the test shows less and is not wrong
    }

    private static async Task<JsonNode> EventOfAsync(House house, string request)
    {
        JsonNode? found = null;
        for (var tries = 0; found is null && tries < 100; tries++)
        {
            found = (await EventsAsync(house)).SingleOrDefault(e => RequestOf(e) == request);
            if (found is null) await Task.Delay(100, TestContext.Current.CancellationToken);
        }
        Assert.NotNull(found);
        return found;
    }

    [Fact]
    public async Task A_flood_of_strangers_is_counted_and_does_not_hide_who_is_known()
    {
        await using var house = await OpenAsync();
        const int Sent = (Knocks.PerNetwork * 2) + 40;   // in two minutes, should one turn meanwhile
        var stranger = house.As(null);
        for (var i = 0; i < Sent; i++) Assert.Equal(401, (await stranger.Get("/fhir/Patient/x")).Code);
        Assert.Equal(404, (await house.As("dr.jansen").Get("/fhir/Patient/x", ("X-Request-Id", "known"))).Code);
        await house.Services.GetServices<IHostedService>().OfType<KnockCounts>().Single().StopAsync(TestContext.Current.CancellationToken);
        var events = await EventsAsync(house);
        Assert.Single(events, e => RequestOf(e) == "known");
        var strangers = events.Where(e => Who(e) == "anonymous").ToList();
        var counts = strangers.Select(e => (string)e["outcomeDesc"]!).Where(d => d.Contains("times", StringComparison.Ordinal)).Select(d => int.Parse(d.Split("; ")[1].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture)).ToList();
        Assert.InRange(strangers.Count - counts.Count, Knocks.PerNetwork, Knocks.PerNetwork * 2);
        Assert.Equal(Sent, strangers.Count - counts.Count + counts.Sum());
        Assert.Equal("127.0.0.1", (string)strangers[0]["agent"]!.AsArray().Select(a => a!["network"]).OfType<JsonNode>().First()["address"]!);
    }
}

public sealed class RefusedOnSqlite : RefusedContract { protected override Task<TenantDatabase?> DatabaseAsync() => Task.FromResult<TenantDatabase?>(null); }
public sealed class RefusedOnPostgres : RefusedContract { protected override async Task<TenantDatabase?> DatabaseAsync() => await TestDatabase.PostgresAsync(); }

public sealed class KnocksTests
{
    [Fact]
    public void All_networks_together_leave_no_more_than_so_many_rows_a_minute()
    {
        var clock = new MovingClock();
        var knocks = new Knocks(clock);
        int Rows() => Enumerable.Range(0, 5000).Count(i => knocks.LeavesRow(new([32, 1, 0, 0, 0, 0, (byte)(i >> 8), (byte)i, 0, 0, 0, 0, 0, 0, 0, 1]), 401));
        Assert.InRange(Rows(), Knocks.OfAll, 2 * Knocks.OfAll);   // twice, should the minute turn meanwhile
        clock.Forward(TimeSpan.FromMinutes(1));
        Assert.InRange(Rows(), Knocks.OfAll, 2 * Knocks.OfAll);
    }

    [Fact]
    public void Who_has_one_address_of_a_network_has_them_all()
    {
        var knocks = new Knocks(new MovingClock());
        Assert.InRange(Enumerable.Range(0, 5000).Count(i => knocks.LeavesRow(new([32, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (byte)(i >> 8), (byte)i]), 401)), Knocks.PerNetwork, 2 * Knocks.PerNetwork);
    }
}
