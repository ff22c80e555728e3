using System.Text.Json.Nodes;
using Fhir.Messaging.Realtime;
using Fhir.Messaging.Tests.Clinic;
using Fhir.Server.Api;
using Fhir.Server.Api.Identity;
using Fhir.Server.Store.Database;
using Microsoft.Extensions.DependencyInjection;
using Scenarios.Stage;
using static Fhir.Messaging.Tests.Clinic.TestClinic;
using Op = Fhir.Messaging.Tests.Clinic.Threads;

namespace Fhir.Messaging.Tests.RealtimeTests;

public sealed class HubTests
{
    private static Task<HubClient> ConnectAsync(TestClinic clinic, string user) => HubClient.ConnectAsync(clinic.Url, clinic.Token(user));

    private static List<(string, long)> ThreadsIn(JsonNode standing) => [.. standing["threads"]!.AsArray().Select(t => ((string)t!["thread"]!, (long)t["seq"]!))];

    [Fact]
    public async Task Each_hears_the_other_at_once_and_no_stranger_does()
    {
        await using var clinic = await TestClinic.OpenAsync();
        await clinic.ConsentAsync();
        await using var jansen = await ConnectAsync(clinic, "dr.jansen");
        await using var deVries = await ConnectAsync(clinic, "dr.devries");
        await using var bakker = await ConnectAsync(clinic, "dr.bakker");
        foreach (var client in (HubClient[])[jansen, deVries, bakker]) await client.ResumeAsync(null);
        var thread = await clinic.OpenThreadAsync(text: "een");
        foreach (var client in (HubClient[])[jansen, deVries])
        {
            Assert.Equal(1, (int)(await client.HearAsync("thread", e => (string?)e["thread"] == $"Communication/{thread}"))["seq"]!);
            await client.HearAsync("inbox");
        }
        Ok(await Op.MarkRead(clinic.DeVries, thread, 1));
        var receipt = await jansen.HearAsync("receipt");
        Assert.Equal(($"Communication/{thread}", "PractitionerRole/dr.devries", 1), ((string)receipt["thread"]!, (string)receipt["reader"]!, (int)receipt["seq"]!));
        // What each hears later proves that nothing else was on its way before: pushes keep their order.
        Ok(await Op.Send(clinic.Jansen, thread, "twee"), 201);
        var hers = await clinic.OpenThreadAsync("dr.bakker", "een");
        await deVries.HearAsync("thread", e => (int)e["seq"]! == 2);
        await bakker.HearAsync("thread", e => (string?)e["thread"] == $"Communication/{hers}");
        Assert.Equal(("thread", $"Communication/{hers}"), (bakker.Events[0].Name, (string?)bakker.Events[0].Body["thread"]));
        Assert.DoesNotContain(deVries.Events, e => e.Name == "receipt");
    }

    [Fact]
    public async Task A_connection_of_the_hub_takes_no_place_of_a_request()
    {
        await using var clinic = await TestClinic.OpenAsync(add: services => services.AddSingleton(new Admission(new LimitSettings { RequestsAtOnce = 1, RequestsWaiting = 0, CallerPercent = 100 })));
        await using var one = await ConnectAsync(clinic, "dr.jansen");
        await using var other = await ConnectAsync(clinic, "dr.jansen");
        await one.ResumeAsync(null);
        Ok(await clinic.Jansen.Get("/fhir/Patient"));
    }

    [Fact]
    public async Task Who_was_away_resumes_with_exactly_the_threads_that_changed()
    {
        await using var clinic = await TestClinic.OpenAsync();
        var (old, busy) = (await clinic.OpenThreadAsync("dr.bakker", "een"), await clinic.OpenThreadAsync("dr.bakker", "een"));
        string token;
        await using (var bakker = await ConnectAsync(clinic, "dr.bakker"))
        {
            var first = await bakker.ResumeAsync(null);
            Assert.False((bool)first["reset"]!);
            Assert.Equal([($"Communication/{old}", 1L), ($"Communication/{busy}", 1L)], ThreadsIn(first));
            token = (string)first["token"]!;
        }
        for (var i = 0; i < 5; i++) Ok(await Op.Send(clinic.Jansen, busy, $"{i}"), 201);
        await using var again = await ConnectAsync(clinic, "dr.bakker");
        var standing = await again.ResumeAsync(token);
        Assert.Equal([($"Communication/{busy}", 6L)], ThreadsIn(standing));
        Assert.Empty(ThreadsIn(await again.ResumeAsync((string)standing["token"]!)));
    }

    [Fact]
    public async Task A_token_that_is_forged_or_someone_elses_resets()
    {
        await using var clinic = await TestClinic.OpenAsync();
        await clinic.OpenThreadAsync("dr.bakker", "een");
        await using var jansen = await ConnectAsync(clinic, "dr.jansen");
        await using var bakker = await ConnectAsync(clinic, "dr.bakker");
        var hers = (string)(await jansen.ResumeAsync(null))["token"]!;
        foreach (var bad in (string[])[hers, "AAAA", hers[..^1] + (hers[^1] == 'A' ? 'B' : 'A')])
        {
            var standing = await bakker.ResumeAsync(bad);
            Assert.True((bool)standing["reset"]!);
            Assert.Single(ThreadsIn(standing));
        }
    }

    [Fact]
    public async Task Who_is_shut_out_hears_that_and_nothing_more()
    {
        await using var clinic = await TestClinic.OpenAsync();
        var consent = await clinic.ConsentAsync();
        var thread = await clinic.OpenThreadAsync(text: "een");
        await using var deVries = await ConnectAsync(clinic, "dr.devries");
        var token = (string)(await deVries.ResumeAsync(null))["token"]!;
        Assert.True((await clinic.Jansen.Delete($"/fhir/Consent/{consent}")).Code is 200 or 204);
        Assert.Equal($"Communication/{thread}", (string?)(await deVries.HearAsync("revoked"))["thread"]);
        Ok(await Op.Send(clinic.Jansen, thread, "niet voor haar"), 201);
        await clinic.ConsentAsync(patient: "Patient/p2");
        var later = await clinic.OpenThreadAsync(text: "een", patient: "Patient/p2");
        await deVries.HearAsync("thread", e => (string?)e["thread"] == $"Communication/{later}");
        Assert.DoesNotContain(deVries.Events, e => e.Name == "thread" && (string?)e.Body["thread"] == $"Communication/{thread}");
        var standing = await deVries.ResumeAsync(token);
        Assert.Equal([($"Communication/{later}", 1L)], ThreadsIn(standing));
        Assert.Equal($"Communication/{thread}", (string?)standing["revoked"]![0]);
    }

    [Fact]
    public async Task A_consent_that_ends_by_the_clock_is_told_within_a_second()
    {
        await using var clinic = await TestClinic.OpenAsync();
        await clinic.ConsentAsync(change: c => c.Provision()["period"]!["end"] = clinic.Clock.GetUtcNow().AddMinutes(5).ToString("yyyy-MM-ddTHH:mm:ssZ"));
        await clinic.OpenThreadAsync();
        await using var deVries = await ConnectAsync(clinic, "dr.devries");
        await deVries.ResumeAsync(null);
        clinic.Clock.Advance(TimeSpan.FromMinutes(6));
        await deVries.HearAsync("revoked");
    }

    [Fact]
    public async Task A_connection_ends_with_its_token_and_with_its_role()
    {
        await using var clinic = await TestClinic.OpenAsync();
        await using var shortLived = await HubClient.ConnectAsync(clinic.Url, clinic.Token("dr.jansen", minutes: 1));
        await using var bakker = await ConnectAsync(clinic, "dr.bakker");
        await shortLived.ResumeAsync(null);
        await bakker.ResumeAsync(null);
        clinic.Clock.Advance(TimeSpan.FromMinutes(2));
        await shortLived.ClosesAsync();
        Assert.True(bakker.IsOpen);
        var role = Ok(await clinic.As("integrator").Get("/fhir/PractitionerRole/dr.bakker")).Json;
        role["active"] = false;
        Ok(await clinic.As("integrator").Put("/fhir/PractitionerRole/dr.bakker", role.ToJsonString()));
        await bakker.ClosesAsync();
    }

    [Fact]
    public async Task A_connection_ends_with_its_role_ended_on_another_node_and_REST_notices_too()
    {
        var database = await Fhir.Server.Store.Tests.TestDatabase.PostgresConnectionAsync();
        await using var here = await TestClinic.OpenAsync(() => Task.FromResult<TenantDatabase>(PostgresDatabase.Open(database)));
        await using var there = await TestClinic.OpenAsync(() => Task.FromResult<TenantDatabase>(PostgresDatabase.Open(database)));
        await using var bakker = await ConnectAsync(there, "dr.bakker");
        await using var jansen = await ConnectAsync(there, "dr.jansen");
        await bakker.ResumeAsync(null);
        await jansen.ResumeAsync(null);
        var asked = there.As("dr.bakker");
        Ok(await asked.Get("/fhir/PractitionerRole/dr.bakker"));
        var role = Ok(await here.As("integrator").Get("/fhir/PractitionerRole/dr.bakker")).Json;
        role["active"] = false;
        Ok(await here.As("integrator").Put("/fhir/PractitionerRole/dr.bakker", role.ToJsonString()));
        await bakker.ClosesAsync();
        Assert.NotEqual(200, (await asked.Get("/fhir/PractitionerRole/dr.bakker")).Code);   // the clocks stand still: nothing kept in memory grew old
        Assert.True(jansen.IsOpen);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task J2_Without_its_audit_nobody_gets_onto_the_hub(bool onPostgres)
    {
        await using var clinic = await TestClinic.OpenAsync(onPostgres ? Fhir.Server.Store.Tests.TestDatabase.PostgresAsync : null);
        await RenameAsync(clinic, "audit_read", "audit_read_away");
        await using (var refused = await ConnectAsync(clinic, "dr.jansen")) await refused.ClosesAsync();
        await RenameAsync(clinic, "audit_read_away", "audit_read");
        await using var welcome = await ConnectAsync(clinic, "dr.jansen");
        await welcome.ResumeAsync(null);
    }

    [Fact]
    public async Task A_system_that_is_not_let_onto_the_hub_leaves_a_row()
    {
        await using var clinic = await TestClinic.OpenAsync();
        await using (var system = await ConnectAsync(clinic, "his-delinde")) await system.ClosesAsync();
        await using var audit = await clinic.Database.ReadAuditAsync(default);
        Assert.Equal(1, await audit.FirstAsync(Sql.Raw("select count(*) from audit_read r join audit_read_agent a on a.agent = r.agent where a.who = 'Device/his-delinde' and r.outcome = 403"), r => r.GetInt64(0), default));
    }

    private static async Task RenameAsync(TestClinic clinic, string from, string to)
    {
        await using var session = await clinic.Database.AuditAsync(default);
        await session.ExecuteAsync(Sql.Raw($"alter table {from} rename to {to}"), default);
        await session.CommitAsync(default);
    }

    [Fact]
    public async Task Without_a_good_token_there_is_no_hub_and_systems_have_none()
    {
        await using var clinic = await TestClinic.OpenAsync();
        await Assert.ThrowsAsync<System.Net.WebSockets.WebSocketException>(() => HubClient.ConnectAsync(clinic.Url, "nonsense"));
        await using var system = await ConnectAsync(clinic, "his-delinde");
        await system.ClosesAsync();
    }

    [Fact]
    public async Task A_browser_may_negotiate_first()
    {
        await using var clinic = await TestClinic.OpenAsync();
        Assert.Equal(403, (await clinic.As("nobody").Post("/hub/negotiate?negotiateVersion=1", "")).Code);
        var offered = Ok(await clinic.Jansen.Post("/hub/negotiate?negotiateVersion=1", "")).Json;
        Assert.Equal(["WebSockets", "ServerSentEvents"], offered["availableTransports"]!.AsArray().Select(t => (string?)t!["transport"]));
        await using var jansen = await HubClient.ConnectAsync(clinic.Url, clinic.Token("dr.jansen"), (string)offered["connectionToken"]!);
        await jansen.ResumeAsync(null);
    }

    [Fact]
    public async Task The_inbox_is_told_when_a_delivery_moves()
    {
        await using var clinic = await TestClinic.OpenAsync();
        var thread = await clinic.OpenThreadAsync("dr.bakker");
        var answer = new TaskCompletionSource<Fhir.Messaging.Delivery.LineAnswer>();
        clinic.Line.Answer = (_, _) => answer.Task;
        await using var jansen = await ConnectAsync(clinic, "dr.jansen");
        await jansen.ResumeAsync(null);
        Ok(await Op.Close(clinic.Jansen, thread));
        await jansen.HearAsync("inbox");
        await Eventually.Async(() => Task.FromResult(clinic.Line.Got.Count), got => got == 1, "the sending");
        var owner = await clinic.Database.FirstAsync(Sql.Raw("select o.rid from inbox i join res o on o.rid = i.owner where o.fid = 'dr.jansen'"), r => r.GetInt64(0), default);
        long CommitOf(JsonNode told) => clinic.Get<SyncToken>().Read((string)told["token"]!, owner)!.Value;
        var sent = CommitOf(await jansen.ResumeAsync(null));
        answer.SetResult(new(Fhir.Messaging.Delivery.LineResult.Accepted, "AA"));
        await jansen.HearAsync("inbox", told => CommitOf(told) > sent);   // only the acceptance comes after the sending
    }

    [Fact]
    public async Task What_a_slow_client_does_not_take_collapses_and_then_cuts_it_off()
    {
        var (gate, sent, aborted) = (new TaskCompletionSource(), new List<PushEvent>(), false);
        await using var connection = new Connection(1, DateTimeOffset.MaxValue, (push, _) =>
        {
            lock (sent)
            {
                sent.Add(push);
                return gate.Task;   // taken together with the note, so that the test knows which gate holds whom
            }
        }, () => Task.FromResult(true), () => aborted = true);
        connection.Push(PushEvent.Inbox("first"));
        await SentAsync(1);
        for (var i = 1; i <= 1000; i++)
        {
            connection.Push(PushEvent.Inbox($"{i}"));
            connection.Push(PushEvent.Thread("Communication/a", i));
        }
        connection.Push(PushEvent.Inbox("last"));
        gate.SetResult();
        await SentAsync(3);
        Assert.Equal([PushEvent.Inbox("first").Body, PushEvent.Thread("Communication/a", 1000).Body, PushEvent.Inbox("last").Body], Sent().Select(s => s.Body));
        Assert.False(aborted);
        lock (sent) gate = new();
        connection.Push(PushEvent.Inbox("held"));
        await SentAsync(4);   // the sender now stands at the gate with this one in its hand
        for (var i = 0; i < Connection.MostPending; i++) connection.Push(PushEvent.Thread($"Communication/{i}", 1));
        Assert.False(aborted);
        connection.Push(PushEvent.Thread("Communication/more", 1));
        Assert.True(aborted);

        Task SentAsync(int count) => Eventually.Async(() => Task.FromResult(Sent().Count), there => there >= count, $"push {count}");

        List<PushEvent> Sent()
        {
            lock (sent) return [.. sent];
        }
    }

    [Fact]
    public async Task Who_left_a_moment_ago_takes_nothing_and_holds_up_nobody()
    {
        var sent = 0;
        var connection = new Connection(1, DateTimeOffset.MaxValue, (_, _) => Task.FromResult(Interlocked.Increment(ref sent)), () => Task.FromResult(true), () => { });
        await connection.DisposeAsync();
        connection.Push(PushEvent.Inbox("late"));
        connection.Abort();
        Assert.Equal(0, sent);
    }

    [Fact]
    public async Task A_token_that_may_not_read_messages_is_not_told_of_them()
    {
        await using var clinic = await TestClinic.OpenAsync();
        var narrow = clinic.Get<TokenIssuer>().Issue(new("dr.jansen", "user/Observation.rs", TimeSpan.FromMinutes(5)) { PractitionerRole = "PractitionerRole/dr.jansen" });
        await Assert.ThrowsAsync<System.Net.WebSockets.WebSocketException>(() => HubClient.ConnectAsync(clinic.Url, narrow));
        // Nor one for a single patient, or for some messages only: a push tells of every thread.
        foreach (var scope in (string[])["patient/*.rs", "user/Communication.rs?category=advice"])
            await Assert.ThrowsAsync<System.Net.WebSockets.WebSocketException>(() => HubClient.ConnectAsync(clinic.Url, clinic.Token("dr.jansen", with: t => t with { Scope = scope, Patient = TestClinic.Patient })));
    }
}
