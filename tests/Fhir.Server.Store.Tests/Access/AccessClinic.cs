using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Resources;
using Fhir.Server.Store.Rules;
using Fhir.Server.Store.Tests.Resources;
using Fhir.Server.Store.Tests.Search;

namespace Fhir.Server.Store.Tests.Access;

/// <summary>
/// Two practices (linde, oost) and their people; patients p and q of linde, with an observation each. What lets somebody in or
/// shuts her out (care, participants, denials, broken glass) is put into its table by hand.
/// </summary>
internal sealed class AccessClinic : IAsyncDisposable
{
    public const long Now = 4_000_000_000_000_000;   // after every commit of the test
    private readonly Dictionary<string, long> _rids = new(StringComparer.Ordinal);
    public required TestStore Store { get; init; }

    public static async Task<AccessClinic> OpenAsync(TenantDatabase database)
    {
        var clinic = new AccessClinic { Store = await TestStore.OpenAsync(database, new CareRule(new())) };
        foreach (var organization in new[] { "linde", "oost" }) await clinic.AddAsync(TestStore.Put("Organization", organization, json => json["name"] = organization));
        foreach (var person in new[] { "jansen", "smit", "vries", "bakker" })
        {
            await clinic.AddAsync(TestStore.Put("PractitionerRole", person));
            await clinic.AddAsync(TestStore.Put("Practitioner", $"dr.{person}"));
        }
        foreach (var patient in new[] { "p", "q" })
        {
            await clinic.AddAsync(TestStore.Put("Patient", patient, json => json["birthDate"] = "1975-03-18"), "linde");
            await clinic.AddAsync(Observation($"o-{patient}", patient), "linde");
        }
        return clinic;
    }

    public long Rid(string id) => _rids[id];

    public AccessContext As(Role role, string organization, string? person = null) => new()
    {
        Who = person ?? "system", Role = role, Scopes = Scopes.Parse("user/*.cruds system/*.cruds"), NowMicros = Now,
        Organization = new("Organization", organization), OrganizationRid = Rid(organization),
        Actor = person is null ? null : new("PractitionerRole", person), ActorRid = person is null ? 0 : Rid(person), PractitionerRid = person is null ? 0 : Rid($"dr.{person}"),
        Glass = person is null ? [] : Known,
    };

    /// <summary>As if her glass for everybody were known: what her queries then give is the table's word.</summary>
    public ImmutableArray<OpenGlass> Known => [.. from patient in new[] { "p", "q" } where _rids.ContainsKey(patient) select new OpenGlass(_rids[patient], long.MaxValue)];

    public AccessContext Self(Role role, params string[] patients) => new()
    {
        Who = "Patient", Role = role, Scopes = Scopes.Parse("user/*.cruds patient/*.cruds"), NowMicros = Now, Selves = [.. patients.Select(Rid)],
    };

    public AccessContext Gp => As(Role.Gp, "linde", "jansen");
    public AccessContext Specialist => As(Role.Specialist, "oost", "bakker");

    public async Task AddAsync(Write write, string? home = null)
    {
        await Store.DoAsync(home is null ? write : new Write { Kind = write.Kind, Key = write.Key, Resource = write.Resource, Json = write.Json, Home = new("Organization", home) });
        _rids[write.Key.Id] = await Store.Database.FirstAsync(Sql.Of($"select rid from res where fid = {write.Key.Id}"), r => r.GetInt64(0), default);
    }

    public static Write Observation(string id, string patient, string? label = null) => TestStore.Put("Observation", id, About(patient, label));

    public static Action<JsonObject> About(string patient, string? label = null) => json =>
    {
        json["subject"] = new JsonObject { ["reference"] = $"Patient/{patient}" };
        if (label is not null) json["meta"] = Meta(label);
    };

    public static JsonObject Meta(string label) => new()
    {
        ["security"] = new JsonArray(new JsonObject { ["system"] = $"http://terminology.hl7.org/CodeSystem/{(label.Length == 1 ? "v3-Confidentiality" : "v3-ActCode")}", ["code"] = label }),
    };

    public Task CaresAsync(string actor, string patient, long from = 0, long until = long.MaxValue) => ExecuteAsync(
        Sql.Of($"insert into care(actor, patient, source, kind, from_at, until_at) values({Rid(actor)}, {Rid(patient)}, 0, 1, {from}, {until})"));

    public Task DeniesAsync(string patient, string? actor, string? type = null, long from = 0, long until = long.MaxValue, bool except = false, long source = 7) => ExecuteAsync(Sql.Of(
        $"""
        insert into denial(patient, actor, typ, from_at, until_at, source, exempt)
        values({Rid(patient)}, {(actor is null ? 0 : Rid(actor))}, {(type is null ? -1 : AccessTable.Number(type))}, {from}, {until}, {source}, {except})
        """));

    public Task BreaksAsync(string actor, string patient, long from, long until) => ExecuteAsync(
        Sql.Of($"insert into glass(actor, patient, from_at, until_at, task, token) values({Rid(actor)}, {Rid(patient)}, {from}, {until}, 0, {$"{actor}-{patient}-{from}"})"));

    public Task LetsInAsync(string actor, string patient, string thread, long until = long.MaxValue, long letters = long.MaxValue, string? owner = null) => ExecuteAsync(Sql.Of(
        $"""
        insert into participant(thread, actor, org, patient, owner, from_at, until_at, letters_until)
        values({Rid(thread)}, {Rid(actor)}, {(owner is null ? null : Rid(owner))}, {Rid(patient)}, {owner is not null}, 0, {until}, {letters})
        """));

    /// <summary>Puts a row (and its history) into a thread, or keeps it for a review.</summary>
    public async Task ConfineAsync(string id, Confinement to, string? thread = null)
    {
        var (at, confined) = (thread is null ? (long?)null : Rid(thread), (int)to);
        await ExecuteAsync(Sql.Of($"update res set confined = {confined}, thread = {at} where rid = {Rid(id)}"));
        await ExecuteAsync(Sql.Of($"update res_hist set confined = {confined}, thread = {at} where rid = {Rid(id)}"));
    }

    public async Task ExecuteAsync(Sql sql)
    {
        await using var session = await Store.Database.WriteAsync(default);
        await session.ExecuteAsync(sql, default);
        await session.CommitAsync(default);
    }

    /// <summary>Whether she sees it; all the roads to a resource must agree: read, version, histories, searches by type and over all types.</summary>
    public async Task<bool> SeesAsync(AccessContext by, string type, string id)
    {
        var key = new ResourceKey(type, id);
        bool In(Result<HistoryPage> history) => !history.Failed(out _, out var page) && page.Versions.Any(v => v.Key == key);
        var read = await Store.ReadFailsAsync(type, id, by) is null;
        var roads = new Dictionary<string, bool>(StringComparer.Ordinal)
        {
            ["version"] = !(await Store.Store.ReadVersionAsync(new(key, "1"), by, default)).Failed(out _, out _),
            ["history"] = In(await Store.Store.HistoryAsync(new(type, key), by, default)),
            ["history of the type"] = In(await Store.Store.HistoryAsync(new(type, null) { Count = 1000 }, by, default)),
            ["history of all"] = In(await Store.Store.HistoryAsync(new(null, null) { Count = 1000 }, by, default)),
            ["search by id"] = (await Store.FindAsync($"{type}?_id={id}", by)).Count == 1,
            ["search"] = (await Store.FindAsync($"{type}?_count=1000", by)).Contains(id),
            ["search of all"] = (await Store.FindAsync("?_lastUpdated=gt2000&_count=1000", by)).Contains(id),
        };
        Assert.All(roads, road => Assert.True(road.Value == read, $"{by.Role} {type}/{id}: read {read}, {road.Key} {road.Value}"));
        return read;
    }

    public async Task AssertSeesAsync(AccessContext by, string type, params string[] ids)
    {
        foreach (var id in ids) Assert.True(await SeesAsync(by, type, id), $"{by.Role} {by.Who} does not see {type}/{id}");
    }

    public async Task AssertBlindAsync(AccessContext by, string type, params string[] ids)
    {
        foreach (var id in ids) Assert.False(await SeesAsync(by, type, id), $"{by.Role} {by.Who} sees {type}/{id}");
    }

    public ValueTask DisposeAsync() => Store.DisposeAsync();
}
