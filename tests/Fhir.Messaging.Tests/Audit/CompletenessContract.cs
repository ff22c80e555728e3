using System.Text.Json.Nodes;
using Fhir.Messaging.Delivery;
using Fhir.Messaging.Tests.Clinic;
using Fhir.Messaging.Tests.RealtimeTests;
using Fhir.Server.Api.Identity;
using Fhir.Server.Api.Tests;
using Fhir.Server.Api.Tests.Audit;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Tests;
using Microsoft.AspNetCore.Routing;
using static Fhir.Messaging.Tests.Clinic.TestClinic;
using Op = Fhir.Messaging.Tests.Clinic.Threads;

namespace Fhir.Messaging.Tests.AuditTests;

/// <summary>J1: every access is in the log exactly once, with what was returned and how it ended; joined with the test's own ledger by request id.</summary>
public abstract class CompletenessContract
{
    protected abstract Task<TenantDatabase> EmptyAsync();

    private static async Task<ILookup<string?, JsonNode>> LogAsync(TestClinic clinic) => (await clinic.As("privacy").Log("_count=500")).ToLookup(e => e.Request());

    private static string Outcome(int status) => status < 400 ? "0" : status < 500 ? "4" : "8";

    /// <summary>Every route of the running server, with each method, that asks a right: by a GP, by one whose token covers nothing, by nobody, and by one without a role.</summary>
    [Fact]
    public async Task J1_Every_route_leaves_one_event_for_whoever_knocks()
    {
        await using var clinic = await TestClinic.OpenAsync(EmptyAsync);
        var callers = new (string Name, Client Client)[]
        {
            ("gp", clinic.Jansen), ("narrow", clinic.As("dr.jansen", t => t with { Scope = "user/Slot.s" })), ("nobody", new(clinic.Url, null)),
            ("forged", new(clinic.Url, clinic.Token("dr.jansen")[..^3] + "AAA")), ("stranger", clinic.As("dr.unknown")),
        };
        var ledger = new List<(string Request, string Route, int Status)>();
        foreach (var endpoint in clinic.Get<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().Where(e => e.Metadata.GetMetadata<Right>() is { Anonymous: false }))
        {
            var route = endpoint.RoutePattern.RawText!;
            if (route.StartsWith("/hub", StringComparison.Ordinal)) continue;   // below: a connection is one access, however it is negotiated
            foreach (var method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"])
                foreach (var (name, client) in callers)
                {
                    var request = $"route-{ledger.Count}";
                    var path = route.Replace("{type:alpha}", "Observation", StringComparison.Ordinal).Replace("{compartment}/{focus}", "Patient/nowhere", StringComparison.Ordinal).Replace("{type}", "Observation", StringComparison.Ordinal).Replace("{id}", "nowhere", StringComparison.Ordinal).Replace("{version}", "1", StringComparison.Ordinal);
                    var got = await client.Send(method, path, method is "POST" or "PUT" or "PATCH" ? "{}" : null, ("X-Request-Id", request));
                    ledger.Add((request, $"{name} {method} {route}", got.Code));
                }
        }
        var log = await LogAsync(clinic);
        Assert.True(ledger.Count > 200, $"{ledger.Count} routes");
        foreach (var (request, route, status) in ledger)
        {
            Assert.True(log[request].Count() == 1, $"{route} ({status}): {log[request].Count()} events");
            Assert.True((string)log[request].Single()["outcome"]! == Outcome(status), $"{route}: {status} is told as {log[request].Single()["outcome"]}");
        }
    }

    [Fact]
    public async Task J1_The_story_of_a_consult_is_in_the_log_step_by_step()
    {
        await using var clinic = await TestClinic.OpenAsync(EmptyAsync);
        await clinic.Get<Dispatch>().StopAsync(default);
        var steps = new List<(string Step, Got Got)>();
        var thread = await clinic.OpenThreadAsync("dr.bakker", "vraag");
        foreach (var (name, call) in new (string, Func<Task<Got>>)[]
        {
            ("send", () => Op.Send(clinic.Jansen, thread, "nog iets")), ("messages", () => Op.Messages(clinic.Bakker, thread)), ("inbox", () => Op.Inbox(clinic.Bakker)),
            ("mark-read", () => Op.MarkRead(clinic.Bakker, thread, 2)), ("read", () => clinic.Bakker.Get($"/fhir/Communication/{thread}")), ("stranger", () => clinic.DeVries.Get($"/fhir/Communication/{thread}")),
            ("denied", () => Op.Open(clinic.Jansen, Patient, ["dr.devries"], "zonder toestemming")), ("close", () => Op.Close(clinic.Jansen, thread)),
            ("pull", () => clinic.System.Get("/fhir/DocumentReference?_count=5")), ("log", () => clinic.As("privacy").Get($"/fhir/AuditEvent?patient={Patient}")), ("own", () => clinic.As(Patient).Get("/fhir/AuditEvent")),
        })
            steps.Add((name, await call()));
        await clinic.Get<Dispatch>().RunOnceAsync(default);
        var log = await LogAsync(clinic);
        foreach (var (step, got) in steps)
        {
            var events = log[got.Headers.GetValues("X-Request-Id").Single()].ToList();
            Assert.True(events.Count == 1 || (events.Count > 1 && step is "close" or "send"), $"{step}: {events.Count} events");   // each resource that is written is an event of its own
            Assert.All(events, e => Assert.Equal(Outcome(got.Code), (string)e["outcome"]!));
            Assert.True(step == "denied" || events.Any(e => e.Patients().Contains(Patient)), $"{step} names no patient: {events[0].ToJsonString()}");
        }
        Assert.Contains(log[steps[0].Got.Headers.GetValues("X-Request-Id").Single()], e => e.Subtypes() == "create");
        Assert.Equal("operation messages", log[steps[1].Got.Headers.GetValues("X-Request-Id").Single()].Single().Subtypes());
    }

    [Fact]
    public async Task J1_A_connection_to_the_hub_is_one_event()
    {
        await using var clinic = await TestClinic.OpenAsync(EmptyAsync);
        await using (await HubClient.ConnectAsync(clinic.Url, clinic.Token("dr.bakker"))) { }
        var hub = (await Scenarios.Stage.Eventually.Async(async () => await clinic.As("privacy").Log("subtype=hub"), found => found.Count > 0, "the event of the hub"))!;
        Assert.Equal(("Practitioner/dr.bakker", "0", "operation hub"), ((string)Assert.Single(hub)["agent"]![0]!["who"]!["reference"]!, (string)hub[0]["outcome"]!, hub[0].Subtypes()));
    }

    [Fact]
    public async Task J1_A_request_to_the_hub_that_comes_to_no_connection_is_one_event()
    {
        await using var clinic = await TestClinic.OpenAsync(EmptyAsync);
        var ledger = new List<(string Request, string Route, int Status)>();
        foreach (var (name, client) in new (string, Client)[] { ("gp", clinic.Bakker), ("nobody", new(clinic.Url, null)), ("unknown", clinic.As("dr.unknown")) })
            foreach (var (method, path, status) in new[]
            {
                ("GET", "/hub", 400), ("POST", "/hub", 400), ("DELETE", "/hub", 400), ("GET", "/hub?id=nowhere", 404), ("POST", "/hub?id=nowhere", 404), ("DELETE", "/hub?id=nowhere", 404),
                ("PUT", "/hub", 405), ("GET", "/hub/negotiate", 405), ("POST", "/hub/negotiate?negotiateVersion=1", 200),
            })
            {
                var request = $"hub-{ledger.Count}";
                var got = await client.Send(method, path, method is "POST" or "PUT" ? "{}" : null, ("X-Request-Id", request));
                Assert.True(got.Code == (name switch { "gp" => status, "nobody" => 401, _ => 403 }), $"{name} {method} {path}: {got.Code}");
                ledger.Add((request, $"{name} {method} {path}", got.Code));
            }
        var log = await LogAsync(clinic);
        foreach (var (request, route, status) in ledger)
        {
            Assert.True(log[request].Count() == 1, $"{route} ({status}): {log[request].Count()} events");
            Assert.Equal(Outcome(status), (string)log[request].Single()["outcome"]!);
        }
        Assert.Equal(["Practitioner/dr.bakker"], ledger.Take(9).Select(l => (string)log[l.Request].Single()["agent"]![0]!["who"]!["reference"]!).Distinct());
        Assert.Equal("operation negotiate", log[ledger[8].Request].Single().Subtypes());
        await RenameAsync(clinic, "audit_read", "audit_read_away");
        foreach (var unheard in new[] { await clinic.Bakker.Post("/hub/negotiate?negotiateVersion=1", ""), await clinic.Bakker.Get("/hub") })
        {
            Assert.True(unheard.Code >= 500, $"{unheard.Code}");
            Assert.DoesNotContain("connection", unheard.Text, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task J1_What_is_told_over_the_hub_is_an_event_with_the_threads_and_their_patient()
    {
        await using var clinic = await TestClinic.OpenAsync(EmptyAsync);
        var thread = await clinic.OpenThreadAsync("dr.bakker", "vraag");
        await using (var hub = await HubClient.ConnectAsync(clinic.Url, clinic.Token("dr.bakker"))) await hub.ResumeAsync(null);
        var e = Assert.Single(await clinic.As("privacy").Log("subtype=resume"));
        Assert.Equal(("Practitioner/dr.bakker", "0", Patient), ((string)e["agent"]![0]!["who"]!["reference"]!, (string)e["outcome"]!, Assert.Single(e.Patients())));
        Assert.Contains($"Communication/{thread}", e["entity"]!.AsArray().Select(x => (string?)x!["what"]?["reference"]));
        await RenameAsync(clinic, "audit_read", "audit_read_away");
        await using var unheard = await HubClient.ConnectAsync(clinic.Url, clinic.Token("dr.bakker"));
        await Assert.ThrowsAnyAsync<Exception>(() => unheard.ResumeAsync(null).WaitAsync(TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public async Task J1_What_goes_to_a_practice_system_is_a_disclosure_and_without_its_row_nothing_leaves()
    {
        await using var clinic = await TestClinic.OpenAsync(EmptyAsync);
        await clinic.Get<Dispatch>().StopAsync(default);
        Ok(await Op.Close(clinic.Jansen, await clinic.OpenThreadAsync("dr.bakker", "vraag")));
        await RenameAsync(clinic, "audit_read", "audit_read_away");
        await clinic.Get<Dispatch>().RunOnceAsync(default);
        Assert.Empty(clinic.Line.Got);
        await RenameAsync(clinic, "audit_read_away", "audit_read");
        clinic.Clock.Advance(TimeSpan.FromMinutes(2));
        await clinic.Get<Dispatch>().RunOnceAsync(default);
        var sent = Assert.Single(clinic.Line.Got);
        var e = Assert.Single(await clinic.As("privacy").Log("type=110106"));
        Assert.Equal(("110106", "disclose", "R", "0"), ((string)e["type"]!["code"]!, e.Subtypes(), (string)e["action"]!, (string)e["outcome"]!));
        Assert.Equal(["PrivacyDisclosure.Source"], e.Profiles());
        Assert.Equal((sent.MessageId, Patient), (e.Request(), Assert.Single(e.Patients())));
        Assert.Equal(("Organization/de-linde", "mllp://127.0.0.1:2575"), ((string)e.Agent("110152")!["who"]!["reference"]!, (string)e.Agent("110152")!["network"]!["address"]!));
        Assert.Equal(e["source"]!["observer"]!.ToJsonString(), e.Agent("110153")!["who"]!.ToJsonString());   // val-audit-source
        Assert.StartsWith("DocumentReference/", (string)e["entity"]![0]!["what"]!["reference"]!, StringComparison.Ordinal);
        Assert.Contains(await clinic.As(Patient).Log(""), own => own.Subtypes() == "disclose" && ((string)own["text"]!["div"]!).Contains("verstuurd aan Huisartsenpraktijk De Linde", StringComparison.Ordinal));
    }

    private static async Task RenameAsync(TestClinic clinic, string from, string to)
    {
        await using var session = await clinic.Database.AuditAsync(default);
        await session.ExecuteAsync(Sql.Raw($"alter table {from} rename to {to}"), default);
        await session.CommitAsync(default);
    }
}

public sealed class CompletenessOnSqlite : CompletenessContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.SqliteAsync(); }
public sealed class CompletenessOnPostgres : CompletenessContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.PostgresAsync(); }
