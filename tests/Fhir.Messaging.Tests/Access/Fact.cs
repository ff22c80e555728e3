using System.Text.Json.Nodes;

namespace Fhir.Messaging.Tests.AccessTests;

/// <summary>One write of a made-up clinic, as the outside world would import it: what it says, whose it is, and in which thread it stands.</summary>
public sealed record Fact(int Slot, string Type, string Id, JsonObject? Body)
{
    /// <summary>The organisation that it is imported for; null = of nobody.</summary>
    public string? Home { get; init; }
    /// <summary>The header Communication's id, for the header and its messages.</summary>
    public string? Thread { get; init; }

    /// <summary>It is furnished already, and not written again.</summary>
    public bool Stands { get; init; }

    public string Key => $"{Type}/{Id}";

    /// <summary>The patients that it is about, in the words of the patient compartment as far as this clinic uses it.</summary>
    public IReadOnlyList<string> Patients => Type == "Patient" ? [Id] : Body is null ? [] : [.. PatientsIn(Body).Distinct()];

    private static IEnumerable<string> PatientsIn(JsonNode? node)
    {
        foreach (var name in (string[])["subject", "patient", "for", "beneficiary", "securityContext"])
            if (IdOf(node?[name]) is { } id) yield return id;
        if ((string?)node?["resourceType"] != "Appointment") yield break;
        foreach (var participant in node["participant"]!.AsArray())
            if (IdOf(participant!["actor"]) is { } id) yield return id;
    }

    private static string? IdOf(JsonNode? reference) =>
        ((string?)reference?["reference"])?.Split('/') is ["Patient", var id] ? id : null;

    /// <summary>0 normal, 1 restricted, 2 very restricted.</summary>
    public int Label => (Body?["meta"]?["security"]?.AsArray() ?? []).Select(c => (string?)c!["code"] switch { "V" => 2, "R" => 1, _ => 0 }).DefaultIfEmpty(0).Max();
}

/// <summary>Someone who asks: as the clinic knows her.</summary>
public sealed record Somebody(string Name, string Role, string? Organization)
{
    public string Reference => $"PractitionerRole/{Name}";

    /// <summary>What tells her from another of that name: how she comes.</summary>
    public string? As { get; init; }
    public string Title => As is null ? Name : $"{Name}, {As}";

    /// <summary>All that her token covers; null = what her role has. A category stands for observations of that category only.</summary>
    public IReadOnlyList<(string Type, string? Category)>? Only { get; init; }
    /// <summary>Her token is about one patient whom she sees; who it is is made out from the facts.</summary>
    public bool IsBound { get; init; }
    public string? BoundTo { get; init; }
    /// <summary>The operation by which she opens the record of one whom she does not see, and who that is.</summary>
    public string? Opens { get; init; }
    public string? Opened { get; init; }

    /// <summary>The same caller, knowing about whom.</summary>
    public Somebody In(IReadOnlyList<Fact> facts)
    {
        var policy = new NaivePolicy(facts);
        var patients = policy.Current.Where(f => f.Type == "Patient" && !f.Stands).ToList();
        if (IsBound) return this with { BoundTo = patients.FirstOrDefault(p => policy.Sees(this with { IsBound = false }, p))?.Id ?? "nobody" };
        return Opens is null ? this : this with { Opened = patients.FirstOrDefault(p => !policy.Sees(this, p) && (Opens == "break-glass" || policy.Sees(this with { Opened = p.Id }, p)))?.Id };
    }
}
