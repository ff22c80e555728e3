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
