using System.Diagnostics;
using System.Text.Json.Nodes;
using Fhir.Server.Api.Identity;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Tests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Fhir.Server.Api.Tests.Limits;

/// <summary>What takes too long, and what nobody waits for, is ended; the log says so.</summary>
public abstract class QueryTimeContract
{
    private readonly TaskCompletionSource<Exception?> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _begun = new();

    protected abstract Task<TenantDatabase> DatabaseAsync(TimeSpan queryTime);

    private async Task<House> OpenAsync(TimeSpan queryTime) => await House.OpenAsync((_, fhir) => fhir.MapGet("/{type}/one/endless", EndlessAsync).Asks(Right.Search), on: await DatabaseAsync(queryTime));

    private async Task<IResult> EndlessAsync(string type, TenantDatabase database, CancellationToken stop)
    {
        _begun.TrySetResult();
        try
        {
            await database.FirstAsync(Sql.Raw("with recursive c(x) as (select cast(1 as bigint) union all select x + 1 from c where x < 9000000000000) select count(*) from c"), r => r.GetInt64(0), stop);
            return Results.Ok();
        }
        catch (Exception ended)
        {
            _ended.TrySetResult(ended);
            throw;
        }
    }

    private static async Task<string> OutcomeInLogAsync(House house, string request)
    {
        for (var tries = 0; tries < 100; tries++)
        {
            var events = (await house.As("privacy").Get("/fhir/AuditEvent?_count=500")).Json["entry"]!.AsArray().Select(e => e!["resource"]!);
            if (events.FirstOrDefault(e => e.ToJsonString().Contains($"\"{request}\"", StringComparison.Ordinal)) is { } found) return (string)found["outcomeDesc"]!;
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
        return "no row";
    }

    [Fact]
    public async Task T136_What_takes_too_long_is_503_with_an_outcome_and_leaves_a_row()
    {
        await using var house = await OpenAsync(TimeSpan.FromSeconds(1));
        var took = Stopwatch.StartNew();
        var got = await house.As("dr.jansen").Get("/fhir/Patient/one/endless", ("X-Request-Id", "too-long"));
        Assert.InRange(took.Elapsed.TotalSeconds, 0.5, 20);
        Assert.Equal((503, "too-costly", "10"), (got.Code, (string?)got.Json["issue"]![0]!["code"], got.Headers.RetryAfter?.ToString()));
        Assert.StartsWith("503", await OutcomeInLogAsync(house, "too-long"), StringComparison.Ordinal);
        Assert.Equal(200, (await house.As("dr.jansen").Get("/fhir/Patient")).Code);
    }

    [Fact]
    public async Task T136_When_the_caller_hangs_up_the_query_ends_and_a_row_is_left()
    {
        await using var house = await OpenAsync(TimeSpan.FromMinutes(5));
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{house.Url}/fhir/Patient/one/endless");
        request.Headers.Add("X-Request-Id", "hung-up");
        request.Headers.Add("Authorization", $"Bearer {house.Tokens.Issue(House.TokenOf("dr.jansen"))}");
        using var hangsUp = new CancellationTokenSource();
        var asked = http.SendAsync(request, hangsUp.Token);
        await _begun.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        await hangsUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
        Assert.IsType<OperationCanceledException>(await _ended.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken), exactMatch: false);
        Assert.StartsWith("499", await OutcomeInLogAsync(house, "hung-up"), StringComparison.Ordinal);
        Assert.Equal(200, (await house.As("dr.jansen").Get("/fhir/Patient")).Code);
    }
}

public sealed class QueryTimeOnSqlite : QueryTimeContract { protected override Task<TenantDatabase> DatabaseAsync(TimeSpan queryTime) => TestDatabase.SqliteAsync(queryTime); }

public sealed class QueryTimeOnPostgres : QueryTimeContract
{
    protected override Task<TenantDatabase> DatabaseAsync(TimeSpan queryTime) => TestDatabase.PostgresAsync(queryTime);

    [Fact]
    public async Task An_entry_that_takes_too_long_is_refused_and_its_neighbours_are_not()
    {
        var database = await TestDatabase.PostgresAsync(TimeSpan.FromSeconds(1));
        await using var house = await House.OpenAsync(on: database);
        var doctor = house.As("dr.jansen");
        await using var holds = await database.BesideAsync(default);
        await holds.ExecuteAsync(Sql.Raw("lock table ix_str in access exclusive mode"), default);   // whoever searches by a text waits
        var got = await doctor.Post("/fhir", """{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"GET","url":"Patient?family=Peeters"}},{"request":{"method":"GET","url":"Patient/nobody"}}]}""");
        Assert.Equal(200, got.Code);
        var statuses = got.Json["entry"]!.AsArray().Select(e => ((string)e!["response"]!["status"]!)[..3]).ToList();
        Assert.Equal(["503", "404"], statuses);
        Assert.Equal("too-costly", (string?)got.Json["entry"]![0]!["response"]!["outcome"]!["issue"]![0]!["code"]);
    }
}
