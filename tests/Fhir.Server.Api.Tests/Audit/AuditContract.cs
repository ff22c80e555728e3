using System.Text;
using System.Text.Json.Nodes;
using Fhir.Server.Store.Database;
using Microsoft.Extensions.DependencyInjection;

namespace Fhir.Server.Api.Tests.Audit;

/// <summary>Every access leaves its row; the log is AuditEvents for the privacy officer and nothing for others.</summary>
public abstract class AuditContract(Shared shared)
{
    private Client Jansen => shared.House.As("dr.jansen");
    private Client Privacy => shared.House.As("privacy");

    private async Task<List<JsonNode>> EventsAsync(string query) =>
        [.. (await Privacy.Get($"/fhir/AuditEvent?{query}")).Json["entry"]?.AsArray().Select(e => e!["resource"]!) ?? []];

    private static IEnumerable<string> Entities(JsonNode e) => e["entity"]?.AsArray().Select(x => (string?)x!["what"]?["reference"]).OfType<string>() ?? [];
    private static string? RequestOf(JsonNode e) => e["entity"]?.AsArray().Select(x => (string?)x!["what"]?["identifier"]?["value"]).FirstOrDefault(v => v is not null);

    [Fact]
    public async Task Each_access_is_one_event_with_who_what_and_outcome()
    {
        var id = await Jansen.NewPatient();
        await Jansen.Get($"/fhir/Patient/{id}", ("X-Request-Id", "t1-read"));
        await Jansen.Get($"/fhir/Patient/{id}/_history/1", ("X-Request-Id", "t1-vread"));
        await Jansen.Get($"/fhir/Patient/{id}/_history", ("X-Request-Id", "t1-history"));
        await Jansen.Put($"/fhir/Patient/{id}", $$"""{"resourceType":"Patient","id":"{{id}}"}""", ("X-Request-Id", "t1-update"));
        await Jansen.Delete($"/fhir/Patient/{id}", ("X-Request-Id", "t1-delete"));
        await Jansen.Get($"/fhir/Patient/{id}", ("X-Request-Id", "t1-gone"));
        await shared.House.As("dr.bakker").Get($"/fhir/Patient/{id}", ("X-Request-Id", "t1-hidden"));
        await shared.House.As("dr.jansen", "user/Observation.r").Get($"/fhir/Patient/{id}", ("X-Request-Id", "t1-scope"));
        await shared.House.As(null).Get($"/fhir/Patient/{id}", ("X-Request-Id", "t1-anonymous"));
        var events = (await EventsAsync("_count=100")).Where(e => RequestOf(e)?.StartsWith("t1-", StringComparison.Ordinal) == true).Reverse().ToList();
        string Line(JsonNode e) => $"{RequestOf(e)![3..]} {e["action"]} {e["subtype"]![0]!["code"]} {e["outcome"]} {(string?)e["agent"]![0]!["who"]!["reference"] ?? (string?)e["agent"]![0]!["who"]!["identifier"]!["value"]}";
        Assert.Equal(
            ["read R read 0 Practitioner/dr.jansen", "vread R vread 0 Practitioner/dr.jansen", "history R history-instance 0 Practitioner/dr.jansen", "update U update 0 Practitioner/dr.jansen",
             "delete D delete 0 Practitioner/dr.jansen", "gone R read 4 Practitioner/dr.jansen", "hidden R read 4 Practitioner/dr.bakker", "scope R read 4 Practitioner/dr.jansen", "anonymous R read 4 anonymous"],
            events.Select(Line));
        Assert.All(events, e => Assert.Contains(Entities(e), r => r.StartsWith($"Patient/{id}", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task The_row_holds_no_values_of_a_query()
    {
        await Jansen.Get("/fhir/Patient/never?family=Canaryname&_pretty=true", ("X-Request-Id", "t2"));
        var one = (await EventsAsync("_count=20")).Single(e => RequestOf(e) == "t2");
        Assert.DoesNotContain("Canaryname", one.ToJsonString(), StringComparison.Ordinal);
        var query = one["entity"]!.AsArray().Select(x => (string?)x!["query"]).OfType<string>().Single();
        Assert.Equal("family&_pretty", Encoding.UTF8.GetString(Convert.FromBase64String(query)));
        Assert.DoesNotContain(shared.House.Log.All, line => line.Contains("Canaryname", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Nobody_but_the_privacy_officer_and_the_integrator_sees_any()
    {
        var id = (await EventsAsync("_count=1"))[0]["id"]!;
        foreach (var user in (string[])["dr.jansen", "dr.devries", "his-delinde", "admin"])
        {
            Assert.Equal(404, (await shared.House.As(user).Get($"/fhir/AuditEvent/{id}")).Code);
            var search = await shared.House.As(user).Get("/fhir/AuditEvent");
            Assert.Equal((200, 0), (search.Code, (int)search.Json["total"]!));
            Assert.Equal(404, (await shared.House.As(user).Get("/fhir/AuditEvent/_history")).Code);
            Assert.Equal(404, (await shared.House.As(user).Get($"/fhir/AuditEvent/{id}/_history/1")).Code);
        }
        Assert.Equal(200, (await Privacy.Get($"/fhir/AuditEvent/{id}")).Code);
        Assert.Equal(200, (await shared.House.As("integrator").Get($"/fhir/AuditEvent/{id}")).Code);
        Assert.Equal(404, (await Privacy.Get("/fhir/AuditEvent/r-999999999")).Code);
    }

    [Fact]
    public async Task Reading_the_log_is_logged()
    {
        await Privacy.Get("/fhir/AuditEvent?_count=1", ("X-Request-Id", "t3"));
        Assert.Contains(await EventsAsync("agent=privacy&_count=5"), e => RequestOf(e) == "t3");
    }

    [Fact]
    public async Task It_is_searched_by_date_agent_action_outcome_and_entity()
    {
        var today = $"{TimeProvider.System.GetUtcNow():yyyy-MM-dd}";   // before midnight, should it come in between
        var id = await Jansen.NewPatient();
        await Jansen.Get($"/fhir/Patient/{id}");
        var all = await EventsAsync($"entity=Patient/{id}&_count=10");
        Assert.Equal(["R", "C"], all.Select(e => (string)e["action"]!));
        Assert.Single(await EventsAsync($"entity=Patient/{id}&action=C"));
        Assert.Empty(await EventsAsync($"entity=Patient/{id}&agent=Practitioner/dr.bakker"));
        Assert.Equal(2, (await EventsAsync($"entity=Patient/{id}&agent=Practitioner/dr.jansen&outcome=0")).Count);
        Assert.Empty(await EventsAsync($"entity=Patient/{id}&outcome=4"));
        Assert.Empty(await EventsAsync($"entity=Patient/{id}&date=lt2020-01-01"));
        Assert.Equal(2, (await EventsAsync($"entity=Patient/{id}&date=ge{today}&agent-role=gp")).Count);
        Assert.Equal("C", (string)Assert.Single(await EventsAsync($"entity=Patient/{id}&subtype=create"))["action"]!);
        Assert.Single(await EventsAsync($"entity=Patient/{id}&type=rest&subtype=http://hl7.org/fhir/restful-interaction|read"));
        Assert.Empty(await EventsAsync($"entity=Patient/{id}&type=110106"));
        Assert.Empty(await EventsAsync($"entity=Patient/{id}&_security=BTG"));
        Assert.Equal(400, (await Privacy.Get("/fhir/AuditEvent?altid=1")).Code);
        Assert.Equal(400, (await Privacy.Get("/fhir/AuditEvent?date=soon")).Code);
    }

    [Fact]
    public async Task It_tells_who_touched_a_patients_record()
    {
        var id = await Jansen.NewPatient();
        var written = await Jansen.Post("/fhir/Observation", $$$"""{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/{{{id}}}"}}""");
        Assert.Equal(201, written.Code);
        await Jansen.Get($"/fhir/Patient/{id}");
        foreach (var asked in new[] { $"patient={id}&agent-role=gp", $"patient=Patient/{id}&agent=Organization/de-linde" })
        {
            var all = await EventsAsync(asked);
            Assert.Equal(["R", "C", "C"], all.Select(e => (string)e["action"]!));
            Assert.Equal([$"Observation/{(string)written.Json["id"]!}/_history/1", $"Patient/{id}"], Entities(all[1]));
        }
        Assert.Equal("privacy", (string)(await EventsAsync($"patient={id}"))[0]["agent"]![0]!["who"]!["identifier"]!["value"]!);   // reading the log is in the log
        Assert.Equal(400, (await Privacy.Get($"/fhir/AuditEvent?patient=Observation/{id}")).Code);
    }

    [Fact]
    public async Task Pages_walk_both_streams_newest_first_without_loss()
    {
        var id = await Jansen.NewPatient();
        for (var i = 0; i < 5; i++)
        {
            await Jansen.Get($"/fhir/Patient/{id}");
            await Jansen.Put($"/fhir/Patient/{id}", $$"""{"resourceType":"Patient","id":"{{id}}"}""");
        }
        var actions = new List<string>();
        var times = new List<string>();
        for (var url = $"/fhir/AuditEvent?entity=Patient/{id}&_count=3"; url is not null;)
        {
            var page = (await Privacy.Get(url)).Json;
            actions.AddRange(page["entry"]?.AsArray().Select(e => (string)e!["resource"]!["action"]!) ?? []);
            times.AddRange(page["entry"]?.AsArray().Select(e => (string)e!["resource"]!["recorded"]!) ?? []);
            url = (string?)page["link"]!.AsArray().FirstOrDefault(l => (string)l!["relation"]! == "next")?["url"];
        }
        Assert.Equal("URURURURURC", string.Concat(actions));
        Assert.Equal(times.OrderDescending(StringComparer.Ordinal), times);
    }

    [Fact]
    public async Task A_posted_event_is_kept_with_its_body_and_never_changed()
    {
        const string body = """{"resourceType":"AuditEvent","type":{"system":"http://terminology.hl7.org/CodeSystem/audit-event-type","code":"rest"},"recorded":"2024-01-01T00:00:00Z","agent":[{"requestor":true}],"source":{"observer":{"display":"elsewhere"}}}""";
        var made = await shared.House.As("his-delinde").Post("/fhir/AuditEvent", body);
        Assert.Equal(201, made.Code);
        var id = ((string)made.Headers.Location!.ToString()).Split("AuditEvent/")[1].Split('/')[0];
        Assert.Contains("elsewhere", (await Privacy.Get($"/fhir/AuditEvent/{id}")).Json["agent"]!.AsArray().Select(a => (string?)a!["who"]?["display"]));
        Assert.Contains(await EventsAsync("_count=10"), e => (string)e["id"]! == id);
        var put = await Privacy.Put($"/fhir/AuditEvent/{id}", body);
        Assert.Equal(405, put.Code);
        Assert.Equal(["GET", "HEAD"], put.Content.Allow);
        Assert.Equal(405, (await shared.House.As("integrator").Delete($"/fhir/AuditEvent/{id}")).Code);
    }

    [Fact]
    public async Task A_posted_event_says_who_posted_it_whatever_it_says_itself()
    {
        const string body = """
            {"resourceType":"AuditEvent","type":{"system":"http://terminology.hl7.org/CodeSystem/audit-event-type","code":"rest"},"recorded":"2024-01-01T00:00:00Z",
             "agent":[{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ParticipationType","code":"AUT"}]},"who":{"reference":"Practitioner/dr.bakker"},"requestor":true}],
             "source":{"site":"rijnmond","observer":{"reference":"Organization/rijnmond"}}}
            """;
        var made = await shared.House.As("his-delinde").Post("/fhir/AuditEvent", body);
        Assert.Equal(201, made.Code);
        var id = made.Headers.Location!.ToString().Split("AuditEvent/")[1].Split('/')[0];
        foreach (var shown in new[] { (await Privacy.Get($"/fhir/AuditEvent/{id}")).Json, (await EventsAsync("_count=10")).Single(e => (string)e["id"]! == id) })
        {
            Assert.Equal("Device/his-delinde", (string)shown["agent"]![0]!["who"]!["identifier"]!["value"]!);
            Assert.Equal("Device/his-delinde", (string)shown["source"]!["observer"]!["identifier"]!["value"]!);
            Assert.Equal(("Organization/de-linde", 4), ((string)shown["agent"]![1]!["who"]!["reference"]!, shown["agent"]!.AsArray().Count));
            Assert.Equal((null, "Organization/rijnmond"), ((string?)shown["source"]!["site"], (string)shown["agent"]![3]!["who"]!["reference"]!));
        }
        Assert.Equal("Device/integrator", (string)(await shared.House.As("integrator").Post("/fhir/AuditEvent", body)).Json["agent"]![0]!["who"]!["identifier"]!["value"]!);
        Assert.Equal(200, (await Privacy.Post("/fhir/AuditEvent/$validate", (await Privacy.Get($"/fhir/AuditEvent/{id}")).Text)).Code);
    }

    [Fact]
    public async Task A_posted_event_names_no_patient_whom_its_poster_does_not_see()
    {
        var (own, hidden) = (await Jansen.NewPatient(), await shared.House.As("dr.bakker").NewPatient());
        var his = shared.House.As("his-delinde");
        string Naming(string where, string what)
        {
            var (agent, entity) = where == "agent" ? ($$"""  "who":{"reference":"{{what}}"},""", "") : ("", $$"""  ,"entity":[{"what":{"reference":"{{what}}"} }]""");
            return $$"""
                {"resourceType":"AuditEvent","type":{"system":"http://terminology.hl7.org/CodeSystem/audit-event-type","code":"rest"},"recorded":"2024-01-01T00:00:00Z",
                 "agent":[{ {{agent}}"requestor":true}],"source":{"observer":{"display":"x"} } {{entity}} }
                """;
        }
        foreach (var where in (string[])["agent", "entity"])
        {
            var made = await his.Post("/fhir/AuditEvent", Naming(where, $"Patient/{own}"));
            Assert.True(made.Code == 201, made.Text);
            var answers = new List<string>();
            foreach (var what in (string[])[$"Patient/{hidden}", "Patient/never-was-there", $"Patient/{hidden}/_history/1", $"{shared.House.Url}/fhir/Patient/{hidden}"])
            {
                var got = await his.Post("/fhir/AuditEvent", Naming(where, what));
                answers.Add($"{got.Code} {got.Text}");
            }
            if (where == "entity") Assert.Equal(201, (await his.Post("/fhir/AuditEvent", Naming(where, $"https://elsewhere.example/fhir/Patient/{hidden}"))).Code);   // another server's
            Assert.StartsWith("400 ", Assert.Single(answers.Take(3).Distinct()), StringComparison.Ordinal);
        }
        Assert.DoesNotContain(await EventsAsync($"patient={hidden}"), e => (string?)e["agent"]![0]!["who"]!["identifier"]?["value"] == "Device/his-delinde");
        Assert.Single(await EventsAsync($"patient={own}&agent=Device/his-delinde"));
    }

    [Fact]
    public async Task A_read_that_cannot_be_audited_is_refused()
    {
        await using var house = await House.OpenAsync();
        var id = await house.As("dr.jansen").NewPatient();
        await using (var session = await house.Services.GetRequiredService<TenantDatabase>().AuditAsync(default))
        {
            await session.ExecuteAsync(Sql.Raw("alter table audit_read rename to audit_read_away"), default);
            await session.CommitAsync(default);
        }
        var got = await house.As("dr.jansen").Get($"/fhir/Patient/{id}");
        Assert.Equal(503, got.Code);
        Assert.DoesNotContain("Peeters", got.Text, StringComparison.Ordinal);
        Assert.NotNull(got.Headers.RetryAfter);
    }

    [Fact]
    public async Task Readers_at_once_each_get_their_row()
    {
        var id = await Jansen.NewPatient();
        await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Jansen.Get($"/fhir/Patient/{id}")));
        Assert.Equal(200, (await EventsAsync($"entity=Patient/{id}&action=R&_count=500")).Count);
    }

    [Fact]
    public async Task An_unforeseen_failure_tells_its_request_id_and_nothing_else()
    {
        await using var house = await House.OpenAsync((app, fhir) => Rights(fhir));
        var got = await house.As("dr.jansen").Get("/fhir/Patient/$fail", ("X-Request-Id", "boom-1"));
        Assert.Equal(500, got.Code);
        Assert.NotNull(got.Places);
        Assert.Contains("boom-1", got.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", got.Text, StringComparison.Ordinal);
        Assert.Contains(house.Log.All, line => line.Contains("boom-1", StringComparison.Ordinal));
        var logged = (await house.As("privacy").Get("/fhir/AuditEvent?outcome=8")).Json["entry"]!.AsArray();
        Assert.Single(logged);
    }

    private static void Rights(Microsoft.AspNetCore.Routing.RouteGroupBuilder fhir) =>
        Fhir.Server.Api.Operations.OperationRoutes.MapOperation(fhir, new("fail", "Patient", Fhir.Server.Api.Operations.OperationLevel.Type, "http://example.org/fail") { AffectsState = false },
            Fhir.Server.Api.Identity.Right.SignedIn, Fail);

    private static Task<Microsoft.AspNetCore.Http.IResult> Fail() => throw new InvalidOperationException("secret");
}

public sealed class AuditOnSqlite(Shared shared) : AuditContract(shared), IClassFixture<Shared>;
public sealed class AuditOnPostgres(SharedOnPostgres shared) : AuditContract(shared), IClassFixture<SharedOnPostgres>;
