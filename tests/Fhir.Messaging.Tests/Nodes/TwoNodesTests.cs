using System.Text;
using Fhir.Messaging.Delivery;
using Fhir.Messaging.Tests.Clinic;
using Fhir.Messaging.Tests.RealtimeTests;
using Fhir.Server.Api.Audit;
using Fhir.Server.Api.Bulk;
using Fhir.Server.Api.Tests;
using Fhir.Server.Api.Tests.Bulk;
using Fhir.Server.Core.Elements;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Jobs;
using Fhir.Server.Store.Outbox;
using Fhir.Server.Store.Resources;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Scenarios.Stage;
using static Fhir.Messaging.Tests.Clinic.TestClinic;
using Op = Fhir.Messaging.Tests.Clinic.Threads;

namespace Fhir.Messaging.Tests.Nodes;

/// <summary>What two nodes on one database do together: everything once, and what one leaves behind the other takes over.</summary>
public sealed class TwoNodesTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(2);

    private static async Task CloseOneAsync(TestClinic opens, TestClinic closes) =>
        Ok(await Op.Close(closes.Jansen, await opens.OpenThreadAsync("dr.bakker", "vraag")));

    private static Task<long> CountAsync(TestClinic clinic, string what) => clinic.Database.FirstAsync(Sql.Raw($"select count(*) from {what}"), r => r.GetInt64(0), default).AsTask();

    [Fact]
    public async Task Every_delivery_leaves_once_though_both_send_at_once()
    {
        await using var nodes = await TwoNodes.OpenAsync();
        foreach (var node in (TestClinic[])[nodes.Here, nodes.There]) await node.Get<Dispatch>().StopAsync(default);   // the test says when it runs
        for (var i = 0; i < 6; i++) await (i % 2 == 0 ? CloseOneAsync(nodes.Here, nodes.There) : CloseOneAsync(nodes.There, nodes.Here));
        for (var turn = 0; turn < 20; turn++) await Task.WhenAll(nodes.Here.Get<Dispatch>().RunOnceAsync(default), nodes.There.Get<Dispatch>().RunOnceAsync(default));
        Assert.Equal(6, await CountAsync(nodes.Here, $"outbox where state = {(int)OutboxState.Accepted}"));
        var left = nodes.Here.Line.Got.Concat(nodes.There.Line.Got).Select(d => d.MessageId).ToList();
        Assert.Equal((6, 6), (left.Count, left.Distinct(StringComparer.Ordinal).Count()));
        Assert.Equal(6, await CountAsync(nodes.Here, $"outbox_event where state = {(int)OutboxState.Sent}"));
    }

    [Fact]
    public async Task A_delivery_that_a_node_was_sending_when_it_died_is_sent_by_the_other_when_its_lease_is_over()
    {
        await using var nodes = await TwoNodes.OpenOneAsync(new DeliverySettings { Lease = Lease });
        nodes.Here.Line.Answer = async (_, stop) =>
        {
            await Task.Delay(Timeout.Infinite, stop);
            return new(LineResult.Retry, "");
        };
        await CloseOneAsync(nodes.Here, nodes.Here);
        await Eventually.Async(() => Task.FromResult(nodes.Here.Line.Got.Count), got => got == 1, "the sending");
        await nodes.Here.Get<Dispatch>().StopAsync(default);   // in the middle: nothing is noted of it
        await nodes.OpenOtherAsync(new DeliverySettings { Lease = Lease });
        await nodes.There.Get<Dispatch>().StopAsync(default);
        Assert.Equal(0, await nodes.There.Get<Dispatch>().RunOnceAsync(default));
        nodes.There.Clock.Advance(Lease - TimeSpan.FromSeconds(30));
        Assert.Equal(0, await nodes.There.Get<Dispatch>().RunOnceAsync(default));
        nodes.There.Clock.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(1, await nodes.There.Get<Dispatch>().RunOnceAsync(default));
        Assert.Equal(nodes.Here.Line.Got.Single().MessageId, nodes.There.Line.Got.Single().MessageId);
        Assert.Equal(1, await CountAsync(nodes.There, $"outbox where state = {(int)OutboxState.Accepted} and attempts = 2"));
    }

    [Fact]
    public async Task The_audit_of_two_nodes_that_work_at_once_verifies_on_both_and_what_is_changed_is_found_on_both()
    {
        await using var nodes = await TwoNodes.OpenAsync();
        TestClinic[] both = [nodes.Here, nodes.There];
        for (var round = 0; round < 3; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 40).Select(async i => Ok(await both[i % 2].Jansen.Get($"/fhir/Patient/p{(i % 3 == 0 ? 1 : 2)}"))));
            await Task.WhenAll(Enumerable.Range(0, 10).Select(i => both[i % 2].NewPatientAsync($"r{round}-{i}", null)));
            foreach (var node in both) await node.Get<AuditHeads>().SignAsync(default);
        }
        Assert.Equal(120, await CountAsync(nodes.Here, "audit_read where fid in ('p1', 'p2')"));
        foreach (var node in both)
        {
            var verdict = await VerifyAsync(node);
            Assert.True(verdict.IsGood, $"{verdict.Row} {verdict.Head} {verdict.Index}");
            Assert.True(verdict is { Heads: > 0, HeadsOfOthers: > 0, Chains: >= 3 }, $"{verdict}");   // the writes, and a chain of reads for each node
        }
        await using (var session = await nodes.Here.Database.AuditAsync(default))
        {
            await session.ExecuteAsync(Sql.Raw("update audit_read set outcome = 404 where n = (select max(n) from audit_read where fid = 'p1')"), default);
            await session.CommitAsync(default);
        }
        foreach (var node in both) Assert.NotNull((await VerifyAsync(node)).Row);
    }

    private static readonly string Imported = $"res where live = 1 and typ = {AccessTable.Number("Basic")}";

    private static Task<AuditVerdict> VerifyAsync(TestClinic node) => new AuditVerifier(node.Database, node.Get<HeadsFile>(), node.Get<AuditKey>(), isOnlyServer: false).RunAsync(default);

    [Fact]
    public async Task What_one_node_exports_is_fetched_from_the_other()
    {
        await using var nodes = await TwoNodes.OpenAsync();
        var place = new Uri((await nodes.Here.Integrator.KickOff("/fhir/$export?_type=Patient,Organization")).Place()).PathAndQuery;
        var (here, there) = (Ok(await nodes.Here.Integrator.Get(place)).Json, Ok(await nodes.There.Integrator.Get(place)).Json);
        Assert.All(there.Files(), file => Assert.StartsWith(nodes.There.Url, file, StringComparison.Ordinal));
        var lines = (await nodes.There.Integrator.Lines(there)).Select(BulkCalls.Key).ToList();
        Assert.Equal((await nodes.Here.Integrator.Lines(here)).Select(BulkCalls.Key), lines);
        Assert.Equal(5, lines.Count);
        Assert.Equal(404, (await nodes.There.System.Get(place)).Code);   // another's there too
    }

    [Fact]
    public async Task An_import_is_done_by_one_and_taken_over_when_that_one_dies()
    {
        await using var nodes = await TwoNodes.OpenAsync();
        foreach (var node in (TestClinic[])[nodes.Here, nodes.There]) await node.Get<ImportRunner>().StopAsync(default);
        var lines = string.Join('\n', Enumerable.Range(0, 500).Select(i => $$"""{"resourceType":"Basic","code":{"text":"{{i}}"} }"""));
        var started = await nodes.Here.Integrator.SendBytes("POST", "/fhir/$import", Encoding.UTF8.GetBytes(lines), "application/fhir+ndjson", ("Prefer", "respond-async"));
        var place = new Uri(started.Place()).PathAndQuery;
        long Now(TestClinic node) => Micros.Of(node.Clock.GetUtcNow());
        var claims = await Task.WhenAll(Enumerable.Range(0, 8).Select(i =>
        {
            var node = i % 2 == 0 ? nodes.Here : nodes.There;
            return ImportTable.ClaimAsync(node.Database, Now(node), Now(node) + 30_000_000, default);
        }));
        Assert.Single(claims, claim => claim is not null);   // and that one does nothing more
        await nodes.There.Get<ImportRunner>().StartAsync(default);
        await Task.Delay(TimeSpan.FromSeconds(3));   // longer than it waits between two looks
        Assert.Equal((202, 0), ((await nodes.There.Integrator.Get(place)).Code, (int)await CountAsync(nodes.There, Imported)));
        nodes.There.Clock.Advance(TimeSpan.FromSeconds(40));
        Assert.False((await Eventually.Async(() => nodes.There.Integrator.Get(place), got => got.Code == 200, "the import")).Json["error"] is System.Text.Json.Nodes.JsonArray { Count: > 0 });
        Assert.Equal(500, await CountAsync(nodes.There, Imported));
    }

    [Fact]
    public async Task Pages_histories_and_the_hub_go_on_at_the_other_node()
    {
        await using var nodes = await TwoNodes.OpenAsync();
        for (var i = 0; i < 5; i++) await nodes.Here.NewPatientAsync($"page-{i}", null);
        foreach (var address in (string[])["/fhir/Patient?_count=2&_sort=_id", "/fhir/Patient?_count=2", "/fhir/Patient/_history?_count=2"])
        {
            var (found, node) = (new List<string>(), nodes.Here);
            for (string? path = address; path is not null; node = node == nodes.Here ? nodes.There : nodes.Here)
            {
                var page = Ok(await node.Jansen.Get(path)).Json;
                found.AddRange(page["entry"]!.AsArray().Select(e => (string)e!["resource"]!["id"]!));
                path = page["link"]!.AsArray().FirstOrDefault(l => (string?)l!["relation"] == "next") is { } next ? new Uri((string)next["url"]!).PathAndQuery : null;
            }
            Assert.Equal(["p1", "p2", "page-0", "page-1", "page-2", "page-3", "page-4"], found.Order(StringComparer.Ordinal));
        }
        string token;
        await using (var here = await HubClient.ConnectAsync(nodes.Here.Url, nodes.Here.Token("dr.bakker"))) token = (string)(await here.ResumeAsync(null))["token"]!;
        var thread = await nodes.Here.OpenThreadAsync("dr.bakker", "een");
        await using var there = await HubClient.ConnectAsync(nodes.There.Url, nodes.There.Token("dr.bakker"));
        var standing = await there.ResumeAsync(token);
        Assert.False((bool)standing["reset"]!);
        Assert.Equal($"Communication/{thread}", (string?)Assert.Single(standing["threads"]!.AsArray())!["thread"]);
    }

    [Fact]
    public async Task A_search_parameter_stored_at_one_node_is_indexed_once_by_both_and_searched_by_at_the_other()
    {
        await using var nodes = await TwoNodes.OpenAsync();
        for (var i = 0; i < 150; i++) await nodes.Here.NewPatientAsync($"eyes-{i}", null);
        Ok(await nodes.Here.Integrator.Put("/fhir/SearchParameter/sp",
            """
            {"resourceType":"SearchParameter","id":"sp","url":"http://clinic.example/sp","name":"Called","description":"Called","status":"active","code":"called","base":["Patient"],"type":"string","expression":"Patient.name.given"}
            """), 201);
        await Task.WhenAll(((TestClinic[])[nodes.Here, nodes.There]).Select(node => node.Get<Reindex>().FillOwnAsync(TimeSpan.Zero, default)));
        foreach (var node in (TestClinic[])[nodes.Here, nodes.There])
            Assert.Equal(152, (int)Ok(await node.Jansen.Get("/fhir/Patient?called=marieke&_summary=count")).Json["total"]!);
        await nodes.There.NewPatientAsync("eyes-late", null);
        Assert.Equal(153, (int)Ok(await nodes.Here.Jansen.Get("/fhir/Patient?called=marieke&_summary=count")).Json["total"]!);
        Ok(await nodes.There.Integrator.Delete("/fhir/SearchParameter/sp"), 204);
        await nodes.Here.Get<Reindex>().FillOwnAsync(TimeSpan.Zero, default);
        Assert.Equal(400, (await nodes.Here.Jansen.Get("/fhir/Patient?called=marieke", ("Prefer", "handling=strict"))).Code);
    }

    [Fact]
    public async Task Who_is_shut_out_by_a_node_whose_clock_is_ahead_is_shut_out_at_the_other_too()
    {
        await using var nodes = await TwoNodes.OpenAsync();
        var consent = await nodes.Here.ConsentAsync();
        var thread = await nodes.Here.OpenThreadAsync(text: "een");
        Ok(await nodes.There.DeVries.Get($"/fhir/Communication/{thread}"));
        nodes.Here.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.InRange((await nodes.Here.Jansen.Delete($"/fhir/Consent/{consent}")).Code, 200, 204);
        await Eventually.Async(() => nodes.There.DeVries.Get($"/fhir/Communication/{thread}"), got => got.Code == 404, "the shutting out");
    }

    [Fact]
    public async Task Caches_of_one_node_know_what_the_other_wrote()
    {
        await using var nodes = await TwoNodes.OpenAsync();
        Ok(await nodes.There.Jansen.Get("/fhir/Patient/p1"));
        var patient = Ok(await nodes.Here.Jansen.Get("/fhir/Patient/p1")).Json;
        patient["gender"] = "other";
        Ok(await nodes.Here.Jansen.Put("/fhir/Patient/p1", patient.ToJsonString()));
        Assert.Equal("other", (string?)Ok(await nodes.There.Jansen.Get("/fhir/Patient/p1")).Json["gender"]);
        Assert.Equal(412, (await nodes.There.Jansen.Put("/fhir/Patient/p1", patient.ToJsonString(), ("If-Match", "W/\"1\""))).Code);
        string Eyes(string code) => $$$"""{"resourceType":"ValueSet","id":"eyes","url":"http://clinic.example/eyes","status":"active","compose":{"include":[{"system":"http://clinic.example/c","concept":[{"code":"{{{code}}}"}]}]}}""";
        foreach (var code in (string[])["green", "brown"])
        {
            Assert.InRange((await nodes.Here.Integrator.Put("/fhir/ValueSet/eyes", Eyes(code))).Code, 200, 201);
            foreach (var node in (TestClinic[])[nodes.There, nodes.Here]) Assert.Equal(code, (string?)Ok(await node.Integrator.Get("/fhir/ValueSet/eyes/$expand")).Json["expansion"]!["contains"]![0]!["code"]);
        }
        // What is made there under an id that was unknown here a moment ago is referred to from here.
        await nodes.There.NewPatientAsync("news", null);
        Ok(await nodes.Here.Jansen.Post("/fhir/Observation", """{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/news"}}"""), 201);
        Assert.Equal(1, (int)Ok(await nodes.There.Jansen.Get("/fhir/Observation?subject=Patient/news&_summary=count")).Json["total"]!);
    }
}
