using Fhir.Server.Store.Database;
using Fhir.Server.Store.Tests;
using Fhir.Server.Store.Tests.Database;

namespace Fhir.Server.Api.Tests.Interactions;

/// <summary>PostgreSQL breaks off while it commits and does not tell what became of it: neither does the server pretend to know.</summary>
public sealed class LostReplyTests
{
    private const string Mark = "Zoekmij";
    private static readonly string Patient = $$"""{"resourceType":"Patient","name":[{"family":"{{Mark}}"}]}""";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A6_A_create_whose_outcome_nobody_knows_is_answered_so_and_stored_at_most_once(bool staysAway)
    {
        await using var cutter = new CommitCutter(await TestDatabase.PostgresConnectionAsync());
        await using var house = await OpenAsync(cutter);
        cutter.CutNext(Cut.WhileCommitting, Mark, staysAway);
        var told = await house.As("dr.jansen").Post("/fhir/Patient", Patient, ("X-Request-Id", "lost"));
        Assert.Equal(1, cutter.Cuts);
        TellsUnknown(told.Code, told.Text);
        Assert.Equal("10", Assert.Single(told.Headers.GetValues("Retry-After")));
        cutter.ComeBack();
        await IsThereOnceAsync(house);
        Assert.Equal(staysAway ? 0 : 1, await CountAsync(house, "audit_read where request = 'lost' and outcome = 503"));
    }

    [Fact]
    public async Task A6_A_transaction_is_answered_so_as_a_whole_and_a_batch_for_that_entry()
    {
        await using var cutter = new CommitCutter(await TestDatabase.PostgresConnectionAsync());
        await using var house = await OpenAsync(cutter);
        string Bundle(string type) => $$$"""
            {"resourceType":"Bundle","type":"{{{type}}}","entry":[{"resource":{{{Patient}}},"request":{"method":"POST","url":"Patient"}},
            {"request":{"method":"GET","url":"Organization/de-linde"}}]}
            """;
        cutter.CutNext(Cut.WhileCommitting, Mark);
        var transaction = await house.As("dr.jansen").Post("/fhir", Bundle("transaction"));
        TellsUnknown(transaction.Code, transaction.Text);
        await IsThereOnceAsync(house);
        cutter.CutNext(Cut.WhileCommitting, Mark);
        var batch = await house.As("dr.jansen").Post("/fhir", Bundle("batch"));
        Assert.Equal((200, 2), (batch.Code, cutter.Cuts));
        var (first, second) = (batch.Json["entry"]![0]!["response"]!, batch.Json["entry"]![1]!["response"]!);
        Assert.StartsWith("503", (string?)first["status"], StringComparison.Ordinal);
        TellsUnknown(503, first["outcome"]!.ToJsonString());
        Assert.StartsWith("200", (string?)second["status"], StringComparison.Ordinal);
    }

    private static void TellsUnknown(int code, string text)
    {
        Assert.Equal(503, code);
        Assert.Contains("\"code\":\"timeout\"", text.Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("Whether this was done is not known", text, StringComparison.Ordinal);
        Assert.Contains("If-None-Exist", text, StringComparison.Ordinal);
    }

    // The commit goes on in the database: what comes next waits for it.
    private static async Task IsThereOnceAsync(House house)
    {
        await house.As("dr.jansen").NewPatient();
        var found = await house.As("dr.jansen").Get($"/fhir/Patient?family={Mark}");
        Assert.Equal((200, 1), (found.Code, (int?)found.Json["total"] ?? found.Json["entry"]?.AsArray().Count ?? 0));
    }

    private static async Task<House> OpenAsync(CommitCutter cutter)
    {
        var database = PostgresDatabase.Open(cutter.Connection, patience: TimeSpan.FromMilliseconds(300));
        var house = await House.OpenAsync(on: database);
        await using var session = await database.BesideAsync(default);
        await session.ExecuteAsync(Sql.Raw("create function slow() returns trigger language plpgsql as 'begin perform pg_sleep(1); return null; end'"), default);
        await session.ExecuteAsync(Sql.Raw("create constraint trigger slow after insert on commits deferrable initially deferred for each row execute function slow()"), default);
        await session.CommitAsync(default);
        return house;
    }

    private static async Task<long> CountAsync(House house, string what) =>
        await ((TenantDatabase)house.Services.GetService(typeof(TenantDatabase))!).FirstAsync(Sql.Raw($"select count(*) from {what}"), r => r.GetInt64(0), default);
}
