using System.Text.Json.Nodes;
using Fhir.Messaging.Tests.Clinic;
using Fhir.Server.Api.Tests;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Tests;
using static Fhir.Messaging.Tests.Clinic.TestClinic;

namespace Fhir.Messaging.Tests.ReferralTests;

public abstract class TaskStepsContract
{
    private const string Bakker = "PractitionerRole/dr.bakker", Jansen = "PractitionerRole/dr.jansen", Number = "https://de-linde.example/referral";
    private static readonly string[] All = ["draft", "requested", "received", "accepted", "rejected", "ready", "cancelled", "in-progress", "on-hold", "failed", "completed", "entered-in-error"];
    private const string Work = "accepted ready in-progress on-hold failed completed";

    protected abstract Task<TenantDatabase> EmptyAsync();

    // Which statuses she may set, from each of four.
    [Theory]
    [InlineData("dr.bakker", Bakker, null, "received rejected " + Work, "", "received rejected " + Work, "received rejected " + Work)]
    [InlineData("dr.jansen", Jansen, null, "*", "*", "*", "*")]
    [InlineData("dr.jansen", Bakker, Jansen, "draft cancelled entered-in-error", "draft requested entered-in-error", "cancelled", "")]
    [InlineData("gp2", Bakker, Jansen, "draft cancelled entered-in-error", "draft requested entered-in-error", "", "")]
    [InlineData("gp2", null, Jansen, "draft cancelled entered-in-error received rejected", "draft requested entered-in-error received rejected", "", "")]
    public async Task Who_asked_withdraws_and_only_the_owner_accepts_refuses_and_reports(string who, string? owner, string? requester, string asked, string withdrawn, string taken, string done)
    {
        await using var clinic = await OpenAsync();
        var version = 0;
        foreach (var (from, allowed) in new (string, string)[] { ("requested", asked), ("cancelled", withdrawn), ("in-progress", taken), ("completed", done) })
        {
            foreach (var into in All.Where(s => s != from))
            {
                var id = $"t{++version}";
                var task = Of(owner, requester, version);
                await clinic.PutAsync("Task", id, Content(task(from)), "de-linde");
                var may = allowed == "*" || allowed.Split(' ').Contains(into, StringComparer.Ordinal);
                var sent = task(into);
                sent["id"] = id;
                var got = await clinic.As(who).Put($"/fhir/Task/{id}", sent.ToJsonString());
                if (owner is null && Work.Contains(into, StringComparison.Ordinal)) Assert.True(got.Code is 400 or 409, got.Text);
                else Assert.True(got.Code == (may ? 200 : 409), $"{from} -> {into}: {got.Code} {got.Text}");
            }
        }
    }

    [Fact]
    public async Task A_task_that_becomes_a_referral_is_judged_as_one_and_its_keeper_leaves_the_owners_report()
    {
        await using var clinic = await OpenAsync();
        string Task(string id, string focus, string status, string also = "") => $$$"""{"resourceType":"Task","id":"{{{id}}}","status":"{{{status}}}","intent":"order","for":{"reference":"{{{Patient}}}"},"owner":{"reference":"{{{Bakker}}}"},"focus":{{{focus}}}{{{also}}}}""";
        const string logical = "\"identifier\":{\"system\":\"https://de-linde.example/referral\",\"value\":\"n900\"}";
        var id = (await clinic.As("dr.jansen").Post("/fhir/Task", Task("x", "{" + logical + ",\"type\":\"Basic\"}", "accepted"))).Id;
        foreach (var focus in (string[])["{" + logical + ",\"type\":\"ServiceRequest\"}", "{" + logical + "}"])
            Assert.Equal(409, (await clinic.As("dr.jansen").Put($"/fhir/Task/{id}", Task(id, focus, "accepted"))).Code);
        var report = ",\"note\":[{\"text\":\"Gezien.\"}]";
        await clinic.PutAsync("Task", "kept", Content(JsonNode.Parse(Task("kept", "{" + logical + "}", "in-progress", report))!.AsObject()), "de-linde");
        Assert.Equal(409, (await clinic.As("dr.jansen").Put("/fhir/Task/kept", Task("kept", "{" + logical + "}", "in-progress", ",\"note\":[{\"text\":\"Niet gezien.\"}]"))).Code);
        Assert.Equal(200, (await clinic.As("dr.jansen").Put("/fhir/Task/kept", Task("kept", "{" + logical + "}", "in-progress", ",\"note\":[{\"text\":\"Gezien.\"},{\"text\":\"Dank.\"}]"))).Code);
    }

    private static string Content(JsonObject task)
    {
        task.Remove("resourceType");
        task.Remove("id");
        return task.ToJsonString()[1..^1];
    }

    // Each about a referral of its own.
    private static Func<string, JsonObject> Of(string? owner, string? requester, int number) => status =>
    {
        var task = new JsonObject { ["resourceType"] = "Task", ["status"] = status, ["intent"] = "order", ["for"] = new JsonObject { ["reference"] = Patient }, ["focus"] = Request($"n{number}") };
        if (owner is not null) task["owner"] = new JsonObject { ["reference"] = owner };
        if (requester is not null) task["requester"] = new JsonObject { ["reference"] = requester };
        return task;
    };

    [Fact]
    public async Task B4_Who_keeps_a_referral_accepts_it_in_nobodys_name()
    {
        await using var clinic = await OpenAsync();
        foreach (var owner in (string[])[Bakker, "Practitioner/dr.bakker", "Organization/rijnmond", "PractitionerRole/gp2"])
            Assert.Equal(409, (await clinic.Jansen.Post("/fhir/Task", Json("accepted", owner))).Code);
        Assert.Equal(409, (await clinic.System.Post("/fhir/Task", Json("accepted", Bakker))).Code);
        Ok(await clinic.System.Post("/fhir/Task", Json("accepted", Jansen)), 201);   // a practice system speaks for its own
    }

    [Theory]
    [InlineData("Practitioner/dr.jansen")]
    [InlineData("Organization/de-linde")]
    public async Task B4_Who_is_asked_as_a_person_or_as_an_organisation_accepts(string owner)
    {
        await using var clinic = await OpenAsync();
        var id = Ok(await clinic.Jansen.Post("/fhir/Task", Json("requested", owner)), 201).Id;
        Assert.Equal(403, (await clinic.Bakker.Put($"/fhir/Task/{id}", Json("accepted", owner, id))).Code);
        foreach (var status in (string[])["accepted", "completed"]) Ok(await clinic.Jansen.Put($"/fhir/Task/{id}", Json(status, owner, id)));
    }

    [Fact]
    public async Task B4_A_part_goes_with_the_whole_only_of_the_same_owner()
    {
        await using var clinic = await OpenAsync();
        var whole = Ok(await clinic.Jansen.Post("/fhir/Task", Json("accepted", Jansen)), 201).Id;
        void Part(JsonObject t) => t["partOf"] = new JsonArray(new JsonObject { ["reference"] = $"Task/{whole}" });
        Assert.Equal(409, (await clinic.As("gp2").Post("/fhir/Task", Json("accepted", "PractitionerRole/gp2", change: Part))).Code);
        var asked = Ok(await clinic.Jansen.Post("/fhir/Task", Json("requested", Bakker, change: Part)), 201).Id;
        Assert.Equal(409, (await clinic.Bakker.Put($"/fhir/Task/{asked}", Json("accepted", Bakker, asked, Part))).Code);
        var part = Ok(await clinic.Jansen.Post("/fhir/Task", Json("accepted", Jansen, change: Part)), 201).Id;
        Assert.Equal(409, (await clinic.Jansen.Put($"/fhir/Task/{part}", Json("accepted", "PractitionerRole/gp2", part, Part))).Code);
        Assert.Equal(409, (await clinic.Jansen.Put($"/fhir/Task/{part}", Json("accepted", Jansen, part))).Code);   // no part any more
    }

    private static readonly string[] Ways = ["reference", "typed", "untyped", "no system"];
    public static TheoryData<string, string> Named => new(Ways.SelectMany(_ => Ways, (a, b) => (a, b)));

    [Theory]
    [MemberData(nameof(Named))]
    public async Task B4_A_referral_is_one_by_whatever_name(string first, string second)
    {
        await using var clinic = await OpenAsync();
        Action<JsonObject> About(string way, string number = "1") => t => t["focus"] = way switch
        {
            "reference" => new JsonObject { ["reference"] = "ServiceRequest/r" + number },
            "typed" => Request(number),
            "untyped" => new JsonObject { ["identifier"] = new JsonObject { ["system"] = Number, ["value"] = number } },
            _ => new JsonObject { ["identifier"] = new JsonObject { ["value"] = number } },
        };
        Assert.Equal(409, (await clinic.Jansen.Post("/fhir/Task", Json("accepted", Bakker, change: About(first)))).Code);
        var own = Ok(await clinic.Jansen.Post("/fhir/Task", Json("accepted", Jansen, change: About(first))), 201).Id;
        Assert.Equal(409, (await clinic.As("gp2").Post("/fhir/Task", Json("accepted", "PractitionerRole/gp2", change: About(second)))).Code);
        Assert.Equal(409, (await clinic.As("gp2").Put($"/fhir/Task/{own}", Json("completed", Jansen, own, About(second)))).Code);
        var other = Ok(await clinic.As("gp2").Post("/fhir/Task", Json("accepted", "PractitionerRole/gp2", change: About(second, "2"))), 201).Id;
        Assert.Equal(409, (await clinic.As("gp2").Put($"/fhir/Task/{other}", Json("accepted", "PractitionerRole/gp2", other, About(second)))).Code);   // moved to the referral that is taken
    }

    [Fact]
    public async Task What_an_owner_elsewhere_finds_in_notes_and_output_stays_and_what_she_adds_is_hers()
    {
        await using var clinic = await OpenAsync();
        var id = Ok(await clinic.Jansen.Post("/fhir/Task", Json("requested", Bakker, change: t => (t["note"], t["output"]) = (Notes(By(Jansen)), Output("a")))), 201).Id;
        var now = clinic.Clock.GetUtcNow();
        foreach (var (notes, output) in new (JsonArray?, JsonArray?)[]
        {
            (null, Output("a")), (Notes(By(Jansen)), null), (Notes("""{"text":"Graag snel."}"""), Output("a")), (Notes(By(Jansen)), Output("b")), (Notes(By(Jansen)), Output("b", "a")), (Notes(By(Bakker), By(Jansen)), Output("a")),
            (Notes(By(Jansen), By(Jansen)), Output("a")), (Notes(By(Jansen), By("Practitioner/dr.jansen")), Output("a")), (Notes(By(Jansen), By("Organization/rijnmond")), Output("a")),
            (Notes(By(Jansen), """{"authorString":"dr. Jansen","text":"x"}"""), Output("a")), (Notes(By(Jansen), """{"authorReference":{"display":"dr. Jansen"},"text":"x"}"""), Output("a")),
            (Notes(By(Jansen), """{"authorReference":{"reference":"PractitionerRole/dr.bakker","display":"dr. Jansen"},"text":"x"}"""), Output("a")),
            (Notes(By(Jansen), $$"""{"time":"{{now.AddMinutes(5):yyyy-MM-ddTHH:mm:ssZ}}","text":"x"}"""), Output("a")), (Notes(By(Jansen), """{"time":"2999","text":"x"}"""), Output("a")),
        })
        {
            var changed = Json("received", Bakker, id, t => { if (notes is not null) t["note"] = notes; if (output is not null) t["output"] = output; });
            Assert.Equal(409, (await clinic.Bakker.Put($"/fhir/Task/{id}", changed)).Code);
            Assert.DoesNotContain("\"200", (await clinic.Bakker.Post("/fhir", $$"""{"resourceType":"Bundle","type":"batch","entry":[{"resource":{{changed}},"request":{"method":"PUT","url":"Task/{{id}}" } }]}""")).Text, StringComparison.Ordinal);
        }
        Assert.Equal("1", (string?)Ok(await clinic.Jansen.Get($"/fhir/Task/{id}")).Json["meta"]!["versionId"]);
        Ok(await clinic.Bakker.Put($"/fhir/Task/{id}", Json("received", Bakker, id, t => (t["note"], t["output"]) =
            (Notes(By(Jansen), By(Bakker), By("Practitioner/dr.bakker"), $$"""{"time":"{{now:yyyy-MM-ddTHH:mm:ssZ}}","text":"x"}""", $$"""{"time":"{{now:yyyy-MM-dd}}","text":"x"}"""), Output("a", "b")))));
        Assert.Equal(409, (await clinic.Bakker.Put($"/fhir/Task/{id}", Json("received", Bakker, id, t => (t["note"], t["output"]) = (Notes(By(Jansen)), Output("a", "b"))))).Code);   // her own stays too
    }

    private static string By(string author) => $$$"""{"authorReference":{"reference":"{{{author}}}"},"text":"Graag snel."}""";
    private static JsonArray Notes(params string[] notes) => [.. notes.Select(n => JsonNode.Parse(n))];
    private static JsonArray Output(params string[] texts) => [.. texts.Select(t => new JsonObject { ["type"] = new JsonObject { ["text"] = "brief" }, ["valueString"] = t })];
    private static JsonObject Request(string number) => new() { ["type"] = "ServiceRequest", ["identifier"] = new JsonObject { ["system"] = Number, ["value"] = number } };

    private static string Json(string status, string? owner, string? id = null, Action<JsonObject>? change = null)
    {
        var task = new JsonObject
        {
            ["resourceType"] = "Task", ["status"] = status, ["intent"] = "order", ["for"] = new JsonObject { ["reference"] = Patient }, ["focus"] = new JsonObject { ["reference"] = "ServiceRequest/r1" },
        };
        if (id is not null) task["id"] = id;
        if (owner is not null) task["owner"] = new JsonObject { ["reference"] = owner };
        change?.Invoke(task);
        return task.ToJsonString();
    }

    // Two referrals to Bakker, who so sees the patient, and a colleague of Jansen.
    private async Task<TestClinic> OpenAsync()
    {
        var clinic = await TestClinic.OpenAsync(EmptyAsync);
        foreach (var number in (string[])["1", "2"])
            await clinic.PutAsync("ServiceRequest", "r" + number,
                $$""" "identifier":[{"system":"{{Number}}","value":"{{number}}"}],"status":"active","intent":"order","subject":{"reference":"{{Patient}}"},"performer":[{"reference":"{{Bakker}}" } ] """, "de-linde");
        await clinic.PutAsync("Practitioner", "gp2", """ "name":[{"family":"Smit"}] """);
        await clinic.PutAsync("PractitionerRole", "gp2",
            $$""" "active":true,"practitioner":{"reference":"Practitioner/gp2"},"organization":{"reference":"Organization/de-linde"},"code":[{"coding":[{"system":"{{ClinicUrls.ClinicRole}}","code":"gp"}]}] """);
        return clinic;
    }
}

public sealed class TaskStepsOnSqlite : TaskStepsContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.SqliteAsync(); }
public sealed class TaskStepsOnPostgres : TaskStepsContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.PostgresAsync(); }
