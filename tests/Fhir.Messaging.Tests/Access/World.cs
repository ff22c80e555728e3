using System.Text;
using Fhir.Messaging.Tests.Clinic;
using Fhir.Server.Api.Identity;
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

    public string TokenOf(Somebody who, int minutes = 600) => Clinic.Get<TokenIssuer>().Issue(who.Role switch
    {
        "integrator" => new(who.Name, "system/*.cruds", TimeSpan.FromMinutes(minutes)) { Role = Role.Integrator },
        "practice-system" => new(who.Name, "system/*.cruds", TimeSpan.FromMinutes(minutes)) { Role = Role.PracticeSystem, Organization = $"Organization/{who.Organization}" },
        "proxy" => new(who.Name, "patient/*.cruds", TimeSpan.FromMinutes(minutes)) { Role = Role.Proxy, FhirUser = $"RelatedPerson/{who.Name}" },
        "patient" => new(who.Name, "patient/*.cruds", TimeSpan.FromMinutes(minutes)) { Role = Role.Patient, FhirUser = $"Patient/{who.Name}" },
        "administrator" or "privacy-officer" => new(who.Name, "user/*.cruds", TimeSpan.FromMinutes(minutes)) { Role = RoleTable.Of(who.Role) },
        _ => new(who.Name, "user/*.cruds", TimeSpan.FromMinutes(minutes)) { PractitionerRole = who.Reference },
    });

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
}
