using System.Text.Json.Nodes;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Resources;
using Fhir.Server.Store.Rules;
using Fhir.Server.Store.Tests.Resources;

namespace Fhir.Server.Store.Tests.Rules;

/// <summary>The life of a care relation, by the clock: Jansen's practice has the patient, Bakker works elsewhere and is named.</summary>
public abstract class CareContract : IAsyncLifetime
{
    private const double Grace = 30;
    private readonly TurnedClock _clock = new();
    private TestStore _store = null!;
    private Dictionary<string, long> _rids = null!;

    protected abstract Task<TenantDatabase> EmptyAsync();

    public async ValueTask InitializeAsync()
    {
        _store = await TestStore.OpenAsync(await EmptyAsync(), _clock, new CareRule(new() { Grace = TimeSpan.FromDays(Grace) }));
        foreach (var organization in new[] { "linde", "oost" }) await _store.DoAsync(TestStore.Put("Organization", organization, json => json["name"] = organization));
        foreach (var role in new[] { "jansen", "bakker", "vries" }) await _store.DoAsync(TestStore.Put("PractitionerRole", role));
        foreach (var patient in new[] { "p", "q" }) await PutAsync("Patient", patient, new JsonObject { ["active"] = true });
        await _store.DoAsync(TestStore.Put("Practitioner", "dr.bakker"));
        _rids = (await _store.Database.QueryAsync(Sql.Raw("select fid, rid from res"), r => (r.GetString(0), r.GetInt64(1)), default)).ToDictionary(r => r.Item1, r => r.Item2, StringComparer.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private AccessContext As(Role role, string organization, string actor) => new()
    {
        Who = actor, Role = role, Scopes = Scopes.Parse("user/*.cruds"), NowMicros = _clock.Micros + 1000,
        Organization = new("Organization", organization), OrganizationRid = _rids[organization], Actor = new("PractitionerRole", actor), ActorRid = _rids[actor],
    };

    private Task<bool> SeesAsync(string patient = "p") => SeesAsync(As(Role.Specialist, "oost", "bakker"), patient);

    private async Task<bool> SeesAsync(AccessContext by, string patient = "p")
    {
        var read = await _store.ReadFailsAsync("Patient", patient, by);
        Assert.True(read is null or IssueKind.NotFound);
        return read is null;
    }

    private Task PutAsync(string type, string id, JsonObject content, string home = "linde")
    {
        var write = TestStore.Put(type, id, json =>
        {
            foreach (var (name, value) in content) json[name] = value?.DeepClone();
        });
        return _store.DoAsync(new() { Kind = write.Kind, Key = write.Key, Resource = write.Resource, Json = write.Json, Home = new("Organization", home) });
    }

    private static JsonObject To(string reference) => new() { ["reference"] = reference };
    private static JsonObject Period(string? start, string? end)
    {
        var period = new JsonObject();
        if (start is not null) period["start"] = start;
        if (end is not null) period["end"] = end;
        return period;
    }

    /// <summary>A resource of that type that names someone, in that state.</summary>
    private static JsonObject Naming(string type, string status, string? who = "PractitionerRole/bakker", string patient = "p", JsonObject? own = null, JsonObject? whole = null)
    {
        var json = new JsonObject { ["status"] = status, [type == "EpisodeOfCare" ? "patient" : "subject"] = To($"Patient/{patient}") };
        if (type == "ServiceRequest") json["intent"] = "order";
        if (whole is not null) json["period"] = whole;
        if (who is null) return json;
        if (type == "ServiceRequest") json["performer"] = new JsonArray(To(who));
        else if (type == "EpisodeOfCare") json["careManager"] = To(who);
        else json["participant"] = new JsonArray(Participant(type, who, own));
        return json;
    }

    private static JsonObject Participant(string type, string who, JsonObject? own)
    {
        var participant = new JsonObject { [type == "CareTeam" ? "member" : "individual"] = To(who) };
        if (own is not null) participant["period"] = own.DeepClone();
        return participant;
    }

    [Theory]
    [InlineData("CareTeam", "active", "inactive")]
    [InlineData("CareTeam", "active", "suspended")]
    [InlineData("Encounter", "in-progress", "finished")]
    [InlineData("EpisodeOfCare", "active", "finished")]
    [InlineData("EpisodeOfCare", "active", "onhold")]
    [InlineData("ServiceRequest", "active", "completed")]
    [InlineData("ServiceRequest", "active", "on-hold")]
    public async Task H6_What_is_closed_leaves_access_for_the_grace_and_no_later_write_prolongs_it(string type, string open, string closed)
    {
        Assert.False(await SeesAsync());
        await PutAsync(type, "r", Naming(type, open));
        Assert.True(await SeesAsync());
        _clock.Turn(days: 400);
        Assert.True(await SeesAsync());
        await PutAsync(type, "r", Naming(type, closed, whole: type is "Encounter" or "EpisodeOfCare" ? Period(null, _clock.At(0)) : null));
        Assert.True(await SeesAsync());
        _clock.Turn(days: Grace - 1);
        Assert.True(await SeesAsync());
        await PutAsync(type, "r", Naming(type, closed));
        Assert.True(await SeesAsync());
        _clock.Turn(days: 1.01);
        Assert.False(await SeesAsync());
        await PutAsync(type, "r", Naming(type, closed));
        Assert.False(await SeesAsync());
        await PutAsync(type, "r", Naming(type, open));
        Assert.True(await SeesAsync());
    }

    [Theory]
    [InlineData("CareTeam", "active", "entered-in-error")]
    [InlineData("CareTeam", "active", "proposed")]
    [InlineData("Encounter", "arrived", "cancelled")]
    [InlineData("Encounter", "arrived", "entered-in-error")]
    [InlineData("Encounter", "arrived", "planned")]
    [InlineData("EpisodeOfCare", "active", "cancelled")]
    [InlineData("EpisodeOfCare", "active", "waitlist")]
    [InlineData("ServiceRequest", "active", "revoked")]
    [InlineData("ServiceRequest", "active", "draft")]
    public async Task H6_What_never_was_or_is_withdrawn_gives_nothing_from_that_moment(string type, string open, string withdrawn)
    {
        await PutAsync(type, "r", Naming(type, withdrawn));
        Assert.False(await SeesAsync());
        await PutAsync(type, "r", Naming(type, open));
        Assert.True(await SeesAsync());
        await PutAsync(type, "r", Naming(type, withdrawn));
        Assert.False(await SeesAsync());
    }

    [Theory]
    [InlineData("CareTeam", "active", "inactive")]
    [InlineData("Encounter", "in-progress", "finished")]
    [InlineData("EpisodeOfCare", "active", "finished")]
    [InlineData("ServiceRequest", "active", "completed")]
    public async Task H6_Who_is_no_longer_named_and_what_is_deleted_or_turned_to_another_patient_gives_nothing_at_once(string type, string open, string closed)
    {
        await PutAsync(type, "r", Naming(type, open));
        await PutAsync(type, "r", Naming(type, open, who: null));
        Assert.False(await SeesAsync());
        await PutAsync(type, "r", Naming(type, open));
        await PutAsync(type, "r", Naming(type, closed, who: "PractitionerRole/jansen"));
        Assert.False(await SeesAsync());
        await PutAsync(type, "r", Naming(type, closed));   // named again when it is closed already
        Assert.False(await SeesAsync());
        await PutAsync(type, "r", Naming(type, open));
        await PutAsync(type, "r", Naming(type, open, patient: "q"));
        Assert.False(await SeesAsync());
        Assert.True(await SeesAsync("q"));
        await PutAsync(type, "r", Naming(type, closed));   // back to the first patient, closed: there is nothing to be left of
        Assert.False(await SeesAsync() || await SeesAsync("q"));
        await PutAsync(type, "r", Naming(type, open));
        await _store.DoAsync(TestStore.Gone(type, "r"));
        Assert.False(await SeesAsync());
    }

    [Theory]
    [InlineData("CareTeam", "active")]
    [InlineData("Encounter", "in-progress")]
    public async Task H6_A_locum_sees_the_patient_in_her_window_and_nothing_has_to_run_for_it(string type, string open)
    {
        await PutAsync(type, "r", Naming(type, open, own: Period(_clock.At(2), _clock.At(4))));
        Assert.False(await SeesAsync());
        _clock.Turn(days: 2.5);
        Assert.True(await SeesAsync());
        _clock.Turn(days: 2);
        Assert.False(await SeesAsync());
        await PutAsync(type, "r", Naming(type, type == "CareTeam" ? "inactive" : "finished", own: Period(null, _clock.At(50))));   // the grace revives nobody
        Assert.False(await SeesAsync());
    }

    [Theory]
    [InlineData("CareTeam", "active")]
    [InlineData("Encounter", "in-progress")]
    [InlineData("EpisodeOfCare", "active")]
    public async Task H6_Nobodys_window_is_wider_than_the_resource_that_names_her(string type, string open)
    {
        await PutAsync(type, "r", Naming(type, open, own: Period(null, _clock.At(9)), whole: Period(_clock.At(1), _clock.At(3))));
        Assert.False(await SeesAsync());
        _clock.Turn(days: 2);
        Assert.True(await SeesAsync());
        _clock.Turn(days: 2);
        Assert.False(await SeesAsync());
    }

    [Fact]
    public async Task H6_A_window_that_had_not_begun_when_the_team_was_dissolved_never_begins()
    {
        await PutAsync("CareTeam", "r", Naming("CareTeam", "active", own: Period(_clock.At(2), _clock.At(9))));
        await PutAsync("CareTeam", "r", Naming("CareTeam", "inactive", own: Period(_clock.At(2), _clock.At(9))));
        _clock.Turn(days: 3);
        Assert.False(await SeesAsync());
    }

    [Fact]
    public async Task H6_Two_windows_of_one_locum_have_a_gap_between_them()
    {
        var team = Naming("CareTeam", "active", who: null);
        team["participant"] = new JsonArray(Participant("CareTeam", "PractitionerRole/bakker", Period(_clock.At(-1), _clock.At(1))), Participant("CareTeam", "PractitionerRole/bakker", Period(_clock.At(5), _clock.At(6))));
        await PutAsync("CareTeam", "r", team);
        var seen = new List<bool>();
        foreach (var days in new[] { 0, 3, 2.5, 1 })
        {
            _clock.Turn(days);
            seen.Add(await SeesAsync());
        }
        Assert.Equal([true, false, true, false], seen);
    }

    [Fact]
    public async Task H6_When_a_referral_is_wanted_does_not_narrow_it_and_one_that_asks_nobody_opens_nothing()
    {
        var referral = Naming("ServiceRequest", "active");
        referral["occurrencePeriod"] = Period(_clock.At(20), _clock.At(21));
        await PutAsync("ServiceRequest", "r", referral);
        Assert.True(await SeesAsync());
        foreach (var (name, value) in ((string, JsonNode)[])[("doNotPerform", true), ("intent", "proposal"), ("intent", "plan"), ("intent", "option")])
        {
            var other = Naming("ServiceRequest", "active");
            other[name] = value;
            await PutAsync("ServiceRequest", "r", other);
            Assert.False(await SeesAsync(), name);
        }
    }

    [Theory]
    [InlineData("CareTeam", "active")]
    [InlineData("Encounter", "in-progress")]
    [InlineData("EpisodeOfCare", "active")]
    [InlineData("ServiceRequest", "active")]
    public async Task H6_Nobody_lets_herself_in_and_what_belongs_to_no_practice_lets_nobody_in(string type, string open)
    {
        await PutAsync(type, "r", Naming(type, open), home: "oost");
        Write Own() => TestStore.New(type, json =>
        {
            foreach (var (name, value) in Naming(type, open)) json[name] = value?.DeepClone();
        });
        Assert.Equal("not-found", (await _store.RefusedAsync(As(Role.Specialist, "oost", "bakker"), Own())).Code);   // people name only whom they see
        await _store.DoAsync(Own(), As(Role.PracticeSystem, "oost", "bakker") with { Actor = null, ActorRid = 0, Scopes = Scopes.Parse("system/*.cruds") });
        Assert.Equal(0, await _store.CountAsync("care"));
        Assert.False(await SeesAsync());
    }

    [Fact]
    public async Task H6_A_person_is_named_as_well_as_a_role()
    {
        await PutAsync("CareTeam", "r", Naming("CareTeam", "active", who: "Practitioner/dr.bakker"));
        var bakker = As(Role.Specialist, "oost", "bakker") with { PractitionerRid = _rids["dr.bakker"] };
        Assert.True(await SeesAsync(bakker));
        Assert.False(await SeesAsync());
    }

    [Fact]
    public async Task H6_Naming_a_company_doctor_opens_nothing()
    {
        foreach (var (type, open) in ((string, string)[])[("CareTeam", "active"), ("Encounter", "in-progress"), ("EpisodeOfCare", "active"), ("ServiceRequest", "active")])
            await PutAsync(type, $"r-{type}", Naming(type, open, who: "PractitionerRole/vries"));
        Assert.False(await SeesAsync(As(Role.CompanyDoctor, "oost", "vries")));
        Assert.False(await SeesAsync(As(Role.CompanyDoctor, "linde", "vries")));
        Assert.True(await SeesAsync(As(Role.Specialist, "oost", "vries")));   // it is the role that has no such ground
    }
}

public sealed class CareOnSqlite : CareContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.SqliteAsync(); }
public sealed class CareOnPostgres : CareContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.PostgresAsync(); }
