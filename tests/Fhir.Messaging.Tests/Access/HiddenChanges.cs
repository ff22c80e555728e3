using System.Text.Json.Nodes;

namespace Fhir.Messaging.Tests.AccessTests;

/// <summary>The same clinic, except for what one caller may not see: some of it is missing, some of it says something else.</summary>
public static class HiddenChanges
{
    // What opens doors for somebody is left alone as soon as she sees anything of the patient.
    private static readonly HashSet<string> Doors = new(StringComparer.Ordinal) { "Patient", "CareTeam", "ServiceRequest", "Consent", "Encounter", "EpisodeOfCare", "Organization", "Practitioner", "PractitionerRole", "RelatedPerson" };

    public static (IReadOnlyList<Fact> Facts, HashSet<string> Hidden) Of(IReadOnlyList<Fact> facts, Somebody who, int seed)
    {
        var (changed, hidden) = Of(facts, who, seed, keptToo: "");
        var policy = new NaivePolicy(changed);
        // A consent that denied her something was hidden from her with all that it denied: without it she would see that.
        return changed.Any(f => hidden.Contains(f.Key) && policy.Sees(who, f)) ? Of(facts, who, seed, keptToo: "Consent") : (changed, hidden);
    }

    private static (IReadOnlyList<Fact> Facts, HashSet<string> Hidden) Of(IReadOnlyList<Fact> facts, Somebody who, int seed, string keptToo)
    {
        var (policy, chance) = (new NaivePolicy(facts), new Chance(seed));
        var seen = facts.Where(f => policy.Sees(who, f)).Select(f => f.Key).ToHashSet(StringComparer.Ordinal);
        var known = facts.Where(f => seen.Contains(f.Key)).SelectMany(f => f.Patients).ToHashSet(StringComparer.Ordinal);
        var threads = facts.Where(f => f.Thread is not null && seen.Contains(f.Key)).Select(f => f.Thread!).ToHashSet(StringComparer.Ordinal);   // a message is nothing without its header
        var hidden = facts.Select(f => f.Key).Where(key => !seen.Contains(key)).ToHashSet(StringComparer.Ordinal);
        // What her role sees and her token does not cover may be referred to: that it is there is no secret, and what it says is.
        var reached = who.IsBound ? [] : facts.Where(f => policy.Reaches(who, f)).Select(f => f.Key).ToHashSet(StringComparer.Ordinal);
        var fate = new Dictionary<string, int>(StringComparer.Ordinal);
        int Fate(string key) => fate.TryGetValue(key, out var known) ? known : fate[key] = chance.Next(10);
        var changed = new List<Fact>();
        foreach (var fact in facts)
        {
            var isDoor = (fact.Thread is { } thread && threads.Contains(thread)) || (Doors.Contains(fact.Type) && (fact.Patients.Count == 0 || fact.Patients.Any(known.Contains)));
            // A patient goes with everything about her or stays with it; so does a thread.
            var patient = PatientOf(facts, fact);
            var key = patient is not null && !known.Contains(patient) && (fact.Thread is not null || fact.Type == "Binary" || Doors.Contains(fact.Type)) ? patient : fact.Thread ?? fact.Key;
            switch (hidden.Contains(fact.Key) && !isDoor && fact.Type != keptToo ? Fate(key) : 9)
            {
                case < 4 when !reached.Contains(fact.Key): break;
                case < 7 when fact.Thread is null: changed.Add(fact with { Body = Otherwise(fact.Body, chance) }); break;
                default: changed.Add(fact); break;
            }
        }
        return (changed, hidden);
    }

    private static string? PatientOf(IReadOnlyList<Fact> facts, Fact fact) => facts.First(f => f.Key == fact.Key).Patients.FirstOrDefault();

    private static JsonObject? Otherwise(JsonObject? body, Chance chance)
    {
        if (body is null) return null;
        var other = (JsonObject)body.DeepClone();
        other["language"] = "de";
        if (other["code"]?["coding"]?[0] is JsonObject code) code["code"] = chance.Of(MadeUpClinic.ObservationCodes);
        if (other["data"] is not null) other["data"] = "QW5kZXJz";
        if (other["effectiveDateTime"] is not null) other["effectiveDateTime"] = "2024-06-01";
        if (other["name"] is JsonArray) other["name"] = JsonNode.Parse("""[{"family":"Anders"}]""");
        return other;
    }
}
