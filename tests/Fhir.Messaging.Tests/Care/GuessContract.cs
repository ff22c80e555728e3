using System.Globalization;
using System.Text.RegularExpressions;
using Fhir.Messaging.Care;
using Fhir.Messaging.Tests.Clinic;
using Fhir.Server.Api;
using Fhir.Server.Api.Identity;
using Fhir.Server.Api.Tests;
using Fhir.Server.Api.Tests.Audit;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Tests;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using static Fhir.Messaging.Tests.CareTests.CareCalls;
using static Fhir.Messaging.Tests.Clinic.TestClinic;

namespace Fhir.Messaging.Tests.CareTests;

/// <summary>Who guesses at identifiers and birth dates is braked, in every log that it concerns; and one proof of who she is opens one record.</summary>
public abstract class GuessContract
{
    private const int PerHour = 10;
    private const string P2 = "999911120";

    protected abstract Task<TenantDatabase> EmptyAsync();

    private Task<TestClinic> OpenAsync() => TestClinic.OpenAsync(EmptyAsync);

    private static Task<Got> Wrong(Client by, int i) => by.Declare(("birthDate", new DateTime(1900, 1, 1).AddDays(i).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)));

    [Fact]
    public async Task H6_Who_is_wrong_too_often_must_wait_even_when_she_is_right_and_the_privacy_officer_hears_of_it_once()
    {
        await using var clinic = await OpenAsync();
        for (var i = 0; i < PerHour; i++) Assert.Equal(404, (await Wrong(clinic.Bakker, i)).Code);
        Assert.Empty(Ok(await clinic.Privacy().Get("/fhir/Task")).Entries());
        var (wrong, right, emergency) = (await Wrong(clinic.Bakker, 99), await clinic.Bakker.Declare(), await clinic.SteppedUp("dr.bakker").BreakGlass());
        foreach (var got in new[] { wrong, right, emergency })
        {
            Assert.Equal((429, "throttled"), (got.Code, (string)got.Json["issue"]![0]!["code"]!));
            Assert.InRange(got.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromMinutes(59), TimeSpan.FromMinutes(60));
        }
        Assert.Equal(Timeless(wrong), Timeless(right));   // it does not tell that this one was right
        Assert.Equal(404, (await clinic.Bakker.Get("/fhir/Patient/p1")).Code);
        var task = Assert.Single(Ok(await clinic.Privacy().Get("/fhir/Task?status=requested")).Entries());
        Assert.Equal(("guessing-review", "PractitionerRole/dr.bakker"), ((string)task["code"]!["coding"]![0]!["code"]!, (string)task["requester"]!["reference"]!));
        foreach (var other in new[] { clinic.Bakker, clinic.Jansen, clinic.System, clinic.PatientHerself() }) Assert.Equal(404, (await other.Get($"/fhir/Task/{(string)task["id"]!}")).Code);
        task["status"] = "completed";
        Ok(await clinic.Privacy().Put($"/fhir/Task/{(string)task["id"]!}", task.ToJsonString()));
        clinic.Clock.Advance(TimeSpan.FromMinutes(61));
        Ok(await clinic.Bakker.Declare());
    }

    [Fact]
    public async Task H6_What_she_got_right_is_no_guess_and_what_was_refused_for_its_form_neither()
    {
        await using var clinic = await OpenAsync();
        for (var i = 0; i < PerHour + 3; i++) Assert.Equal(400, (await clinic.Bakker.Declare(("days", 0))).Code);
        for (var i = 0; i < PerHour + 3; i++) Ok(await clinic.Bakker.Declare(("days", 1)));
        Assert.Equal(404, (await Wrong(clinic.Bakker, 1)).Code);
    }

    [Fact]
    public async Task H6_Many_guesses_at_once_are_no_more_than_one_after_another()
    {
        await using var clinic = await OpenAsync();
        var got = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Wrong(clinic.Bakker, i)));
        Assert.InRange(got.Count(g => g.Code == 404), 0, PerHour);
        Assert.All(got, g => Assert.True(g.Code is 404 or 429, g.Text));
        await Wrong(clinic.Bakker, 41);
        Assert.Single(Ok(await clinic.Privacy().Get("/fhir/Task")).Entries());
    }

    [Fact]
    public async Task H6_Another_node_and_a_node_that_begins_anew_know_of_the_guesses()
    {
        await using var clinic = await OpenAsync();
        for (var i = 0; i < PerHour; i++) await Wrong(clinic.Bakker, i);
        var bakker = await clinic.Database.FirstAsync(Sql.Of($"select rid from res where fid = {"dr.bakker"} and typ = {Fhir.Server.Store.Access.AccessTable.Number("Practitioner")}"), r => r.GetInt64(0), default);
        Assert.NotNull((await new GuessBrake(clinic.Database, new ApiSettings { DataFolder = "none" }, clinic.Clock).BeginAsync(bakker, default)).Wait);
        Assert.Null((await new GuessBrake(clinic.Database, new ApiSettings { DataFolder = "none" }, clinic.Clock).BeginAsync(bakker + 1, default)).Wait);   // somebody else
    }

    [Fact]
    public async Task J4_Whoever_was_nearly_found_reads_in_her_own_log_who_tried()
    {
        await using var clinic = await OpenAsync();
        Assert.Equal(404, (await Wrong(clinic.Bakker, 1)).Code);
        Assert.Equal(404, (await clinic.SteppedUp("dr.bakker").BreakGlass(("birthDate", "1900-01-01"))).Code);
        var log = (await clinic.As(Patient).Log("")).Where(e => e.Subtypes() is "operation declare-care" or "operation break-glass").ToList();
        Assert.Equal(2, log.Count);
        Assert.All(log, e => Assert.Equal(("Practitioner/dr.bakker", "4"), ((string)e["agent"]![0]!["who"]!["reference"]!, (string)e["outcome"]!)));
        Assert.DoesNotContain(await clinic.As("Patient/p2").Log(""), e => e.Subtypes() is "operation declare-care" or "operation break-glass");
    }

    [Fact]
    public async Task H8_One_proof_of_who_she_is_opens_one_record_however_many_tokens_are_made_of_it()
    {
        await using var clinic = await OpenAsync();
        var at = clinic.Clock.GetUtcNow();
        Ok(await With(clinic, at).BreakGlass(("minutes", 1)));
        foreach (var identifier in (string[])[Bsn, P2, "no-such"]) Assert.Equal(409, (await With(clinic, at).BreakGlass(("identifier", Identifier(identifier)))).Code);
        clinic.Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(409, (await With(clinic, at).BreakGlass()).Code);
        Assert.Equal(404, (await clinic.Bakker.Get("/fhir/Patient/p1")).Code);
        Ok(await With(clinic, clinic.Clock.GetUtcNow()).BreakGlass());
    }

    [Fact]
    public async Task H8_Tokens_of_one_proof_that_come_at_once_break_one_glass()
    {
        await using var clinic = await OpenAsync();
        var at = clinic.Clock.GetUtcNow();
        var got = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => With(clinic, at).BreakGlass(("identifier", Identifier(i % 2 == 0 ? Bsn : P2)))));
        Assert.Equal([200, 409, 409, 409, 409, 409], got.Select(g => g.Code).Order());
    }

    [Fact]
    public async Task H8_A_proof_that_is_still_to_be_given_breaks_no_glass()
    {
        await using var clinic = await OpenAsync();
        var soon = clinic.Clock.GetUtcNow().AddMinutes(10);
        Assert.Equal(401, (await With(clinic, soon, Guid.CreateVersion7().ToString("N"), issued: soon).BreakGlass()).Code);
        Assert.Equal(404, (await clinic.Bakker.Get("/fhir/Patient/p1")).Code);
    }

    [Fact]
    public async Task H8_A_token_without_an_id_breaks_no_glass()
    {
        await using var clinic = await OpenAsync();
        Assert.Equal(403, (await With(clinic, clinic.Clock.GetUtcNow(), id: null).BreakGlass()).Code);
        Assert.Equal(404, (await clinic.Bakker.Get("/fhir/Patient/p1")).Code);
        Ok(await With(clinic, clinic.Clock.GetUtcNow()).BreakGlass());
    }

    // A second may pass between two answers.
    private static string Timeless(Got got) => Regex.Replace(got.Shape(), "Retry-After[0-9]+", "Retry-After");

    private static Client With(TestClinic clinic, DateTimeOffset at) => With(clinic, at, Guid.CreateVersion7().ToString("N"));

    private static Client With(TestClinic clinic, DateTimeOffset at, string? id, DateTimeOffset? issued = null)
    {
        var (names, now) = (clinic.Get<TokenNames>(), clinic.Clock.GetUtcNow().UtcDateTime);
        var claims = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["sub"] = "dr.bakker", ["client_id"] = "test", ["scope"] = "user/*.cruds", ["practitioner_role"] = "PractitionerRole/dr.bakker", ["acr"] = ApiSettings.DefaultStepUpAcr, ["auth_time"] = at.ToUnixTimeSeconds(),
        };
        if (id is not null) claims["jti"] = id;
        return new(clinic.Url, new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            TokenType = "at+jwt", Issuer = names.Issuer, Audience = names.Audience, IssuedAt = issued?.UtcDateTime ?? now, NotBefore = now, Expires = now.AddMinutes(30), Claims = claims,
            SigningCredentials = new(clinic.Get<ECDsaSecurityKey>(), SecurityAlgorithms.EcdsaSha256),
        }));
    }
}

public sealed class GuessOnSqlite : GuessContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.SqliteAsync(); }
public sealed class GuessOnPostgres : GuessContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.PostgresAsync(); }
