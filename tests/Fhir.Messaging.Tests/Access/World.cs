using System.Text;
using System.Text.Json.Nodes;
using Fhir.Messaging.Tests.CareTests;
using Fhir.Messaging.Tests.Clinic;
using Fhir.Server.Api.Identity;
using Fhir.Server.Api.Tests;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Json;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Resources;
using Microsoft.Extensions.DependencyInjection;

namespace Fhir.Messaging.Tests.AccessTests;

/// <summary>A running clinic with made-up facts in it, at moments that are the same in each world.</summary>
public sealed class World : IAsyncDisposable
{
    private readonly StandingClock _clock;

    private World(TestClinic clinic, StandingClock clock) => (Clinic, _clock) = (clinic, clock);

    public TestClinic Clinic { get; }

    public static async Task<World> OpenAsync(Func<Task<TenantDatabase>> open, IReadOnlyList<Fact> facts)
    {
        var clock = new StandingClock(MadeUpClinic.Start);
        var clinic = await TestClinic.OpenAsync(open, add: services => services.AddSingleton<TimeProvider>(clock));
        var world = new World(clinic, clock);
        foreach (var slot in facts.Where(f => !f.Stands).GroupBy(f => f.Slot).OrderBy(g => g.Key))
        {
            clock.Now = MadeUpClinic.Start.AddSeconds(10 + slot.Key);
            await world.WriteAsync([.. slot]);
        }
        clock.Now = MadeUpClinic.Start.AddMinutes(30);   // the same in each world, whatever was written
        return world;
    }

    /// <summary>A later second, for what is written next.</summary>
    public void Tick() => _clock.Now = _clock.Now.AddSeconds(2);

    /// <summary>She opens the record that she came for, by the operation that she named.</summary>
    public async Task OpenRecordAsync(Somebody who, IReadOnlyList<Fact> facts)
    {
        if (who.Opened is not { } id) return;
        var patient = facts.Last(f => f.Key == $"Patient/{id}").Body!;
        (string, JsonNode?)[] whom = [("identifier", patient["identifier"]![0]!.DeepClone()), ("birthDate", (string)patient["birthDate"]!)];
        var client = new Client(Clinic.Url, Clinic.Get<TokenIssuer>().Issue(For(who, 600) with { SteppedUp = true }));
        var got = who.Opens == "break-glass" ? await client.BreakGlass(whom) : await client.Declare(whom);
        Assert.True(got.Code is 200 or 201, got.Text);
        Tick();
    }

    public string TokenOf(Somebody who, int minutes = 600) => Clinic.Get<TokenIssuer>().Issue(For(who, minutes));

    private static TokenFor For(Somebody who, int minutes)
    {
        var whole = Whole(who, minutes);
        var kind = whole.Scope.Split('/')[0];
        if (who.Only is { } only) whole = whole with { Scope = string.Join(' ', only.Select(o => $"{kind}/{o.Type}.cruds{(o.Category is null ? "" : $"?category=http://terminology.hl7.org/CodeSystem/observation-category|{o.Category}")}")) };
        return who.IsBound ? whole with { Scope = "patient/*.cruds", Patient = who.BoundTo } : whole;
    }

    private static TokenFor Whole(Somebody who, int minutes) => who.Role switch
    {
        "integrator" => new(who.Name, "system/*.cruds", TimeSpan.FromMinutes(minutes)) { Role = Role.Integrator },
        "practice-system" => new(who.Name, "system/*.cruds", TimeSpan.FromMinutes(minutes)) { Role = Role.PracticeSystem, Organization = $"Organization/{who.Organization}" },
        "proxy" => new(who.Name, "patient/*.cruds", TimeSpan.FromMinutes(minutes)) { Role = Role.Proxy, FhirUser = $"RelatedPerson/{who.Name}" },
        "patient" => new(who.Name, "patient/*.cruds", TimeSpan.FromMinutes(minutes)) { Role = Role.Patient, FhirUser = $"Patient/{who.Name}" },
        "administrator" or "privacy-officer" => new(who.Name, "user/*.cruds", TimeSpan.FromMinutes(minutes)) { Role = RoleTable.Of(who.Role) },
        _ => new(who.Name, "user/*.cruds", TimeSpan.FromMinutes(minutes)) { PractitionerRole = who.Reference },
    };

    /// <summary>Writes more, a second later.</summary>
    public Task AddAsync(IReadOnlyList<Fact> facts)
    {
        Tick();
        return WriteAsync(facts);
    }

    private async Task WriteAsync(IReadOnlyList<Fact> facts)
    {
        var done = await Clinic.Store.CommitAsync([.. facts.Select(WriteOf)], AccessContext.House("test", (_clock.Now - DateTimeOffset.UnixEpoch).Ticks / 10), default);
        Assert.False(done.Failed(out var issue, out _), $"{issue?.Text} {issue?.Where} ({string.Join(", ", facts.Select(f => f.Key))})");
    }

    private static Write WriteOf(Fact fact)
    {
        var home = fact.Home is null ? (ResourceKey?)null : new("Organization", fact.Home);
        if (fact.Body is null) return new() { Kind = WriteKind.Delete, Key = new(fact.Type, fact.Id) };
        var json = Encoding.UTF8.GetBytes(fact.Body.ToJsonString());
        Assert.False(JsonReader.Read(json, DefinitionSet.R4).Failed(out var issue, out var resource), issue?.Text);
        return new() { Kind = WriteKind.Update, Key = new(fact.Type, fact.Id), Json = json, Resource = resource, Home = home };
    }

    public ValueTask DisposeAsync() => Clinic.DisposeAsync();
}

/// <summary>A clock that stands still until it is set.</summary>
public sealed class StandingClock(DateTimeOffset start) : TimeProvider
{
    private long _ticks = start.Ticks;
    public DateTimeOffset Now { get => new(Interlocked.Read(ref _ticks), TimeSpan.Zero); set => Interlocked.Exchange(ref _ticks, value.Ticks); }
    public override DateTimeOffset GetUtcNow() => Now;

    // What is kept for a second is kept equally long in each world.
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;
    public override long GetTimestamp() => Interlocked.Read(ref _ticks);
}
