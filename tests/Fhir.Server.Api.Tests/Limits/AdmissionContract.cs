using Fhir.Server.Api.Identity;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Tests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Fhir.Server.Api.Tests.Limits;

/// <summary>More at once than a node does: the rest waits, and past that it is told when to come back.</summary>
public abstract class AdmissionContract
{
    private readonly TaskCompletionSource _goesOn = new();
    private int _inside;

    protected abstract Task<TenantDatabase?> DatabaseAsync();

    private async Task<IResult> StayAsync(string type)
    {
        Interlocked.Increment(ref _inside);
        await _goesOn.Task;
        return Results.Text("done");
    }

    private async Task<House> OpenAsync(LimitSettings limits) =>
        await House.OpenAsync((_, fhir) => fhir.MapGet("/{type}/one/stay", StayAsync).Asks(Right.Search), s => s with { Limits = limits }, on: await DatabaseAsync());

    private static (int, string?, string?) Told(Got got) => (got.Code, (string?)got.Json["issue"]![0]!["code"], got.Headers.RetryAfter?.ToString());

    [Fact]
    public async Task T136_Past_a_callers_share_it_is_429_and_past_all_places_503_and_each_leaves_a_row()
    {
        await using var house = await OpenAsync(new() { RequestsAtOnce = 2, RequestsWaiting = 2, CallerPercent = 50 });
        const string Stay = "/fhir/Patient/one/stay";
        var stay = new List<Task<Got>>();
        foreach (var user in (string[])["dr.jansen", "dr.bakker"])
        {
            stay.Add(house.As(user).Get(Stay));
            await Task.Delay(200, TestContext.Current.CancellationToken);   // the first is in, the second waits
            stay.Add(house.As(user).Get(Stay));
            await Task.Delay(200, TestContext.Current.CancellationToken);
            Assert.Equal((429, "throttled", "1"), Told(await house.As(user).Get("/fhir/Patient", ("X-Request-Id", "her-share"))));
        }
        Assert.Equal(2, _inside);
        Assert.Equal((503, "throttled", "1"), Told(await house.As("integrator").Get("/fhir/Patient", ("X-Request-Id", "all-places"))));
        foreach (var open in (string[])["/health/live", "/health/ready", "/fhir/metadata"]) Assert.Equal(200, (await house.As(null).Get(open)).Code);
        _goesOn.SetResult();
        Assert.All(await Task.WhenAll(stay), got => Assert.Equal(200, got.Code));
        Assert.Equal(200, (await house.As("integrator").Get("/fhir/Patient")).Code);
        var log = (await house.As("privacy").Get("/fhir/AuditEvent?_count=500")).Text;
        Assert.Contains("\"her-share\"", log, StringComparison.Ordinal);
        Assert.Contains("\"all-places\"", log, StringComparison.Ordinal);
    }
}

public sealed class AdmissionOnSqlite : AdmissionContract { protected override Task<TenantDatabase?> DatabaseAsync() => Task.FromResult<TenantDatabase?>(null); }

public sealed class AdmissionOnPostgres : AdmissionContract
{
    protected override async Task<TenantDatabase?> DatabaseAsync() => await TestDatabase.PostgresAsync();

    [Fact]
    public async Task T136_Who_waits_for_a_connection_too_long_is_told_503()
    {
        var database = PostgresDatabase.Open($"{await TestDatabase.PostgresConnectionAsync()};Maximum Pool Size=3;Timeout=2");
        await using var house = await House.OpenAsync(on: database);
        var doctor = house.As("dr.jansen");
        Assert.Equal(200, (await doctor.Get("/fhir/Patient")).Code);
        List<Session> held = [];
        for (var i = 0; i < 3; i++) held.Add(await database.ReadAsync(snapshot: false, default));
        var got = await doctor.Get("/fhir/Patient");
        Assert.Equal((503, "1"), (got.Code, got.Headers.RetryAfter?.ToString()));
        Assert.Equal("OperationOutcome", (string?)got.Json["resourceType"]);
        foreach (var session in held) await session.DisposeAsync();
        Assert.Equal(200, (await doctor.Get("/fhir/Patient")).Code);
    }
}
