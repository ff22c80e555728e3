using System.Text.Json.Nodes;
using Fhir.Messaging.Tests.Clinic;
using Fhir.Server.Api.Tests;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Tests;
using static Fhir.Messaging.Tests.Clinic.TestClinic;

namespace Fhir.Messaging.Tests.ReferralTests;

public abstract class AcceptanceContract
{
    protected abstract Task<TenantDatabase> EmptyAsync();

    [Theory]
    [InlineData(2, false)]
    [InlineData(7, true)]
    [InlineData(16, false)]
    public async Task B4_Of_all_who_accept_a_referral_at_once_exactly_one_owns_it(int callers, bool received)
    {
        await using var clinic = await TestClinic.OpenAsync(EmptyAsync);
        var doctors = await DoctorsAsync(clinic, callers);
        var task = Ok(await clinic.Jansen.Post("/fhir/Task", Referral(received ? "received" : "requested", null)), 201).Id;
        var answers = await Task.WhenAll(doctors.Select(d => clinic.As(d).Put($"/fhir/Task/{task}", Referral("accepted", d, task))));
        Assert.Equal(1, answers.Count(a => a.Code == 200));
        Assert.Equal(callers - 1, answers.Count(a => a.Code == 409));
        var winner = doctors[Array.FindIndex(answers, a => a.Code == 200)];
        var kept = Ok(await clinic.Jansen.Get($"/fhir/Task/{task}")).Json;
        Assert.Equal(("accepted", $"PractitionerRole/{winner}", "2"), ((string?)kept["status"], (string?)kept["owner"]!["reference"], (string?)kept["meta"]!["versionId"]));
    }

    [Fact]
    public async Task B4_What_is_accepted_only_its_owner_moves()
    {
        await using var clinic = await TestClinic.OpenAsync(EmptyAsync);
        var (a, b) = ((await DoctorsAsync(clinic, 2)) is [var first, var second] ? (first, second) : throw new InvalidOperationException());
        var task = Ok(await clinic.Jansen.Post("/fhir/Task", Referral("requested", null)), 201).Id;
        var url = $"/fhir/Task/{task}";
        Assert.Equal(400, (await clinic.As(a).Put(url, Referral("accepted", null, task))).Code);
        Ok(await clinic.As(a).Put(url, Referral("accepted", a, task)));
        Assert.Equal(409, (await clinic.As(b).Put(url, Referral("accepted", b, task))).Code);
        Assert.Equal(409, (await clinic.As(b).Put(url, Referral("requested", null, task))).Code);
        Assert.Equal(409, (await clinic.As(b).Put(url, Referral("cancelled", a, task))).Code);
        Assert.Equal(409, (await clinic.As(b).Put(url, Referral("accepted", a, task, "ServiceRequest/another"))).Code);
        Assert.Equal(409, (await clinic.As(b).Put(url, Referral("accepted", b, task, focus: null))).Code);
        Assert.Equal(409, (await clinic.As(b).Delete(url)).Code);
        Ok(await clinic.As(b).Put(url, Referral("accepted", a, task).Replace("\"intent\"", "\"description\":\"gezien\",\"intent\"", StringComparison.Ordinal)));
        Ok(await clinic.As(a).Put(url, Referral("in-progress", a, task)));
        Assert.Equal(409, (await clinic.As(b).Put(url, Referral("accepted", b, task))).Code);
        Ok(await clinic.As(a).Put(url, Referral("in-progress", b, task)));   // handed on
        Assert.Equal(409, (await clinic.As(a).Put(url, Referral("completed", b, task))).Code);
        Ok(await clinic.As(b).Put(url, Referral("completed", b, task)));
        Assert.Equal(409, (await clinic.As(a).Put(url, Referral("accepted", a, task))).Code);
    }

    [Fact]
    public async Task B4_Who_is_asked_by_name_accepts_and_nobody_in_her_place()
    {
        await using var clinic = await TestClinic.OpenAsync(EmptyAsync);
        var doctors = await DoctorsAsync(clinic, 2);
        var task = Ok(await clinic.Jansen.Post("/fhir/Task", Referral("requested", doctors[0])), 201).Id;
        Assert.Equal(409, (await clinic.As(doctors[1]).Put($"/fhir/Task/{task}", Referral("accepted", doctors[1], task))).Code);
        Ok(await clinic.As(doctors[0]).Put($"/fhir/Task/{task}", Referral("accepted", doctors[0], task)));
        var other = Ok(await clinic.Jansen.Post("/fhir/Task", Referral("accepted", "dr.jansen", focus: null)), 201).Id;   // no referral: nobody's but the store's business
        Ok(await clinic.As(doctors[1]).Put($"/fhir/Task/{other}", Referral("accepted", doctors[1], other, focus: null)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task B4_Of_several_tasks_of_one_referral_exactly_one_is_accepted(bool basedOn)
    {
        await using var clinic = await TestClinic.OpenAsync(EmptyAsync);
        var doctors = await DoctorsAsync(clinic, 6);
        string About(string json) => basedOn ? json.Replace("\"focus\":{\"reference\":\"ServiceRequest/r1\"}", "\"basedOn\":[{\"reference\":\"ServiceRequest/r1\"}]", StringComparison.Ordinal) : json;
        var tasks = new List<string>();
        foreach (var doctor in doctors) tasks.Add(Ok(await clinic.Jansen.Post("/fhir/Task", About(Referral("requested", doctor))), 201).Id);
        var answers = await Task.WhenAll(doctors.Select((d, i) => clinic.As(d).Put($"/fhir/Task/{tasks[i]}", i % 2 == 0 ? Referral("accepted", d, tasks[i]) : About(Referral("accepted", d, tasks[i])))));
        Assert.Equal((1, 5), (answers.Count(a => a.Code == 200), answers.Count(a => a.Code == 409)));
        var winner = Array.FindIndex(answers, a => a.Code == 200);
        Assert.Equal(409, (await clinic.Jansen.Post("/fhir/Task", Referral("accepted", "dr.jansen"))).Code);
        Ok(await clinic.Jansen.Post("/fhir/Task", Referral("accepted", "dr.jansen", focus: "ServiceRequest/another")), 201);
        Ok(await clinic.As(doctors[winner]).Post("/fhir/Task", Referral("accepted", doctors[winner]).Replace("\"intent\"", $"\"partOf\":[{{\"reference\":\"Task/{tasks[winner]}\"}}],\"intent\"", StringComparison.Ordinal)), 201);
        var next = (winner + 1) % 6;
        Assert.Equal(409, (await clinic.As(doctors[next]).Put($"/fhir/Task/{tasks[next]}", Referral("accepted", doctors[next], tasks[next]))).Code);
    }

    [Fact]
    public async Task B4_What_was_given_up_may_be_accepted_by_another()
    {
        await using var clinic = await TestClinic.OpenAsync(EmptyAsync);
        var doctors = await DoctorsAsync(clinic, 2);
        var tasks = new[] { Ok(await clinic.Jansen.Post("/fhir/Task", Referral("requested", doctors[0])), 201).Id, Ok(await clinic.Jansen.Post("/fhir/Task", Referral("requested", doctors[1])), 201).Id };
        foreach (var status in (string[])["accepted", "in-progress"]) Ok(await clinic.As(doctors[0]).Put($"/fhir/Task/{tasks[0]}", Referral(status, doctors[0], tasks[0])));
        Assert.Equal(409, (await clinic.As(doctors[1]).Put($"/fhir/Task/{tasks[1]}", Referral("accepted", doctors[1], tasks[1]))).Code);
        Ok(await clinic.As(doctors[0]).Put($"/fhir/Task/{tasks[0]}", Referral("failed", doctors[0], tasks[0])));
        Ok(await clinic.As(doctors[1]).Put($"/fhir/Task/{tasks[1]}", Referral("accepted", doctors[1], tasks[1])));
    }

    [Theory]
    [InlineData("PractitionerRole/dr.bakker")]
    [InlineData("Practitioner/dr.bakker")]
    [InlineData("Organization/rijnmond")]
    public async Task The_owner_in_another_organisation_accepts_and_moves_her_task(string owner)
    {
        await using var clinic = await ReferredAsync();
        var id = Ok(await clinic.Jansen.Post("/fhir/Task", Asked("requested", owner)), 201).Id;
        foreach (var status in (string[])["received", "accepted", "in-progress"]) Ok(await clinic.Bakker.Put($"/fhir/Task/{id}", Asked(status, owner, id)));
        Ok(await clinic.Bakker.Put($"/fhir/Task/{id}", Asked("completed", owner, id, t =>
        {
            t["businessStatus"] = new JsonObject { ["text"] = "klaar" };
            t["note"] = new JsonArray(new JsonObject { ["text"] = "Gezien." });
            t["output"] = new JsonArray(new JsonObject { ["type"] = new JsonObject { ["text"] = "brief" }, ["valueString"] = "x" });
        })));
        Assert.Equal("completed", (string?)Ok(await clinic.Jansen.Get($"/fhir/Task/{id}")).Json["status"]);
        Assert.Equal(409, (await clinic.Jansen.Put($"/fhir/Task/{id}", Asked("cancelled", owner, id))).Code);   // only its owner moves it
    }

    private static readonly Dictionary<string, Action<JsonObject>> NotHers = new(StringComparer.Ordinal)
    {
        ["owner"] = t => t["owner"]!["reference"] = "PractitionerRole/dr.jansen",
        ["owner gone"] = t => t.Remove("owner"),
        ["patient"] = t => t.Remove("for"),
        ["focus"] = t => t.Remove("focus"),
        ["requester"] = t => t["requester"] = new JsonObject { ["reference"] = "PractitionerRole/dr.bakker" },
        ["intent"] = t => t["intent"] = "plan",
        ["description"] = t => t["description"] = "anders",
        ["label"] = t => t["meta"] = new JsonObject { ["security"] = new JsonArray(new JsonObject { ["system"] = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", ["code"] = "V" }) },
        ["tag"] = t => t["meta"] = new JsonObject { ["tag"] = new JsonArray(new JsonObject { ["code"] = "x" }) },
        ["cancelled"] = t => t["status"] = "cancelled",
        ["draft"] = t => t["status"] = "draft",
        ["entered-in-error"] = t => t["status"] = "entered-in-error",
    };

    public static TheoryData<string> Others => [.. NotHers.Keys];

    [Theory]
    [MemberData(nameof(Others))]
    public async Task The_owner_in_another_organisation_changes_nothing_else_of_it(string what)
    {
        await using var clinic = await ReferredAsync();
        var id = Ok(await clinic.Jansen.Post("/fhir/Task", Asked("requested", "PractitionerRole/dr.bakker")), 201).Id;
        var got = await clinic.Bakker.Put($"/fhir/Task/{id}", Asked("received", "PractitionerRole/dr.bakker", id, NotHers[what]));
        Assert.True(got.Code is 403 or 409, $"{got.Code} {got.Text}");
        Assert.Equal("1", (string?)Ok(await clinic.Jansen.Get($"/fhir/Task/{id}")).Json["meta"]!["versionId"]);
        Assert.Equal(403, (await clinic.Bakker.Delete($"/fhir/Task/{id}")).Code);
    }

    [Fact]
    public async Task Who_sees_a_task_of_another_organisation_and_does_not_own_it_changes_nothing()
    {
        await using var clinic = await ReferredAsync();
        foreach (var owner in (string?[])[null, "PractitionerRole/dr.jansen", "Organization/de-linde"])
        {
            var id = Ok(await clinic.Jansen.Post("/fhir/Task", Asked("requested", owner)), 201).Id;
            Ok(await clinic.Bakker.Get($"/fhir/Task/{id}"));
            Assert.Equal(403, (await clinic.Bakker.Put($"/fhir/Task/{id}", Asked("received", owner, id))).Code);
            Assert.Equal(403, (await clinic.Bakker.Put($"/fhir/Task/{id}", Asked("accepted", "PractitionerRole/dr.bakker", id))).Code);
        }
        var hers = Ok(await clinic.Jansen.Post("/fhir/Task", Asked("requested", "PractitionerRole/dr.devries")), 201).Id;
        Assert.Equal(403, (await clinic.DeVries.Put($"/fhir/Task/{hers}", Asked("accepted", "PractitionerRole/dr.devries", hers))).Code);   // owns it, and does not see it
    }

    // Jansen refers her patient to Bakker, who so sees him.
    private async Task<TestClinic> ReferredAsync()
    {
        var clinic = await TestClinic.OpenAsync(EmptyAsync);
        await clinic.PutAsync("ServiceRequest", "r1", $$""" "status":"active","intent":"order","subject":{"reference":"{{Patient}}"},"performer":[{"reference":"PractitionerRole/dr.bakker"}] """, "de-linde");
        return clinic;
    }

    private static string Asked(string status, string? owner, string? id = null, Action<JsonObject>? change = null)
    {
        var task = JsonNode.Parse(Referral(status, null, id))!.AsObject();
        if (owner is not null) task["owner"] = new JsonObject { ["reference"] = owner };
        change?.Invoke(task);
        return task.ToJsonString();
    }

    private static async Task<string[]> DoctorsAsync(TestClinic clinic, int count)
    {
        foreach (var request in (string[])["r1", "another"])
            await clinic.PutAsync("ServiceRequest", request, $$""" "status":"active","intent":"order","subject":{"reference":"{{Patient}}"} """, "de-linde");
        var names = Enumerable.Range(1, count).Select(i => $"gp{i}").ToArray();
        foreach (var name in names)
            await clinic.PutAsync("PractitionerRole", name,
                $$""" "active":true,"practitioner":{"reference":"Practitioner/dr.jansen"},"organization":{"reference":"Organization/de-linde"},"code":[{"coding":[{"system":"{{ClinicUrls.ClinicRole}}","code":"gp"}]}] """);
        return names;
    }

    private static string Referral(string status, string? owner, string? id = null, string? focus = "ServiceRequest/r1")
    {
        var task = new JsonObject { ["resourceType"] = "Task", ["status"] = status, ["intent"] = "order", ["for"] = new JsonObject { ["reference"] = Patient } };
        if (id is not null) task["id"] = id;
        if (focus is not null) task["focus"] = new JsonObject { ["reference"] = focus };
        if (owner is not null) task["owner"] = new JsonObject { ["reference"] = $"PractitionerRole/{owner}" };
        return task.ToJsonString();
    }
}

public sealed class AcceptanceOnSqlite : AcceptanceContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.SqliteAsync(); }
public sealed class AcceptanceOnPostgres : AcceptanceContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.PostgresAsync(); }
