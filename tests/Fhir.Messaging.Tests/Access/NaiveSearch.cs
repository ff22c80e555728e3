using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Fhir.Messaging.Tests.AccessTests;

/// <summary>What a search should find, reckoned from the JSON of everything that the caller may see: no index, no SQL.</summary>
public sealed class NaiveSearch(NaivePolicy policy, Somebody who)
{
    public enum Kind { Token, Text, Date, Link, Words }

    /// <summary>The parameters that it knows: of which kind, and where their values stand.</summary>
    public static readonly IReadOnlyDictionary<string, (Kind Kind, string[] Paths)> Parameters = new Dictionary<string, (Kind, string[])>(StringComparer.Ordinal)
    {
        ["Patient.family"] = (Kind.Text, ["name.family"]), ["Patient.given"] = (Kind.Text, ["name.given"]), ["Patient.name"] = (Kind.Text, ["name.family", "name.given"]), ["Patient.gender"] = (Kind.Token, ["gender"]),
        ["Patient.birthdate"] = (Kind.Date, ["birthDate"]), ["Patient.identifier"] = (Kind.Token, ["identifier"]), ["Patient.general-practitioner"] = (Kind.Link, ["generalPractitioner"]),
        ["Patient.organization"] = (Kind.Link, ["managingOrganization"]), ["Patient.address-city"] = (Kind.Text, ["address.city"]), ["Patient.active"] = (Kind.Token, ["active"]), ["Patient.link"] = (Kind.Link, ["link.other"]),
        ["Observation.status"] = (Kind.Token, ["status"]), ["Observation.code"] = (Kind.Token, ["code.coding"]), ["Observation.category"] = (Kind.Token, ["category.coding"]), ["Observation.subject"] = (Kind.Link, ["subject"]),
        ["Observation.patient"] = (Kind.Link, ["subject"]), ["Observation.encounter"] = (Kind.Link, ["encounter"]), ["Observation.performer"] = (Kind.Link, ["performer"]), ["Observation.date"] = (Kind.Date, ["effectiveDateTime"]),
        ["Encounter.status"] = (Kind.Token, ["status"]), ["Encounter.class"] = (Kind.Token, ["class"]), ["Encounter.patient"] = (Kind.Link, ["subject"]), ["Encounter.date"] = (Kind.Date, ["period"]),
        ["Condition.code"] = (Kind.Token, ["code.coding"]), ["Condition.subject"] = (Kind.Link, ["subject"]), ["Condition.patient"] = (Kind.Link, ["subject"]), ["Condition.recorded-date"] = (Kind.Date, ["recordedDate"]),
        ["MedicationRequest.patient"] = (Kind.Link, ["subject"]), ["MedicationRequest.requester"] = (Kind.Link, ["requester"]), ["MedicationRequest.intent"] = (Kind.Token, ["intent"]),
        ["AllergyIntolerance.patient"] = (Kind.Link, ["patient"]), ["AllergyIntolerance.criticality"] = (Kind.Token, ["criticality"]),
        ["Task.status"] = (Kind.Token, ["status"]), ["Task.patient"] = (Kind.Link, ["for"]), ["Task.owner"] = (Kind.Link, ["owner"]),
        ["CareTeam.patient"] = (Kind.Link, ["subject"]), ["CareTeam.participant"] = (Kind.Link, ["participant.member"]), ["CareTeam.status"] = (Kind.Token, ["status"]),
        ["Communication.subject"] = (Kind.Link, ["subject"]), ["Communication.patient"] = (Kind.Link, ["subject"]), ["Communication.part-of"] = (Kind.Link, ["partOf"]), ["Communication.sender"] = (Kind.Link, ["sender"]), ["Communication.status"] = (Kind.Token, ["status"]),
        ["Communication._content"] = (Kind.Words, ["payload.contentString", "topic.text"]),
        ["Medication.status"] = (Kind.Token, ["status"]), ["Medication.code"] = (Kind.Token, ["code.coding"]),
        ["List.item"] = (Kind.Link, ["entry.item"]), ["List.title"] = (Kind.Text, ["title"]), ["List.status"] = (Kind.Token, ["status"]),
        ["Appointment.status"] = (Kind.Token, ["status"]), ["Appointment.patient"] = (Kind.Link, ["participant.actor"]), ["Consent.patient"] = (Kind.Link, ["patient"]), ["Consent.status"] = (Kind.Token, ["status"]), ["Schedule.actor"] = (Kind.Link, ["actor"]),
    };

    private readonly Dictionary<string, Fact> _seen = policy.Current.Where(f => policy.Sees(who, f)).ToDictionary(f => f.Key, StringComparer.Ordinal);

    public IReadOnlyList<Fact> Find(string type, IReadOnlyList<(string Key, string Value)> criteria) => criteria is [("_contained", var how), ..]
        ? [.. _seen.Values.Where(f => (f.Type == type && how == "both" && criteria.Skip(1).All(c => Holds(f, c.Key, c.Value))) || Contains(f, type, [.. criteria.Skip(1)])).OrderBy(f => f.Key, StringComparer.Ordinal)]
        : FindItself(type, criteria);

    // What stands inside is seen by who sees the whole.
    private bool Contains(Fact fact, string type, IReadOnlyList<(string Key, string Value)> criteria) => Knows(fact.Type, "_contained") && (fact.Body!["contained"]?.AsArray() ?? [])
        .Select(inside => new Fact(0, (string)inside!["resourceType"]!, (string)inside["id"]!, inside.AsObject())).Any(inside => inside.Type == type && criteria.All(c => Holds(inside, c.Key, c.Value)));

    private IReadOnlyList<Fact> FindItself(string type, IEnumerable<(string Key, string Value)> criteria) =>
        [.. _seen.Values.Where(f => type.Split(',').Contains(f.Type) && criteria.All(c => Holds(f, c.Key, c.Value))).OrderBy(f => f.Key, StringComparer.Ordinal)];

    private bool Holds(Fact fact, string key, string value)
    {
        if (key.StartsWith("_has:", StringComparison.Ordinal))
        {
            var parts = key.Split(':', 4);
            if (parts[3].EndsWith(":not", StringComparison.Ordinal) && !parts[3].Contains('.', StringComparison.Ordinal) && !parts[3].StartsWith('_'))
                return Knows(fact.Type, "_has") && Knows(parts[1], parts[2]) && Knows(parts[1], parts[3][..^4]) && !Holds(fact, key[..^4], value);
            return Knows(fact.Type, "_has") && Knows(parts[1], parts[2]) && _seen.Values.Any(f => f.Type == parts[1] && Links(f, parts[2]).Contains(fact.Key) && Holds(f, parts[3], value));
        }
        if (key.Split('.', 2) is [var hop, var rest])
        {
            var (code, target) = hop.Split(':') is [var c, var t] ? (c, t) : (hop, null);
            return Knows(fact.Type, code) && Links(fact, code).Any(l => _seen.TryGetValue(l, out var there) && (target is null || there.Type == target) && (rest.StartsWith('_') || Parameters.ContainsKey($"{there.Type}.{rest.Split(':')[0]}")) && Holds(there, rest, value));
        }
        var (name, modifier) = key.Split(':') is [var n, var m] ? (n, m) : (key, null);
        if (name == "_id") return value.Split(',').Contains(fact.Id) != (modifier == "not");
        if (!Knows(fact.Type, name)) return false;
        var (kind, paths) = Parameters[$"{fact.Type}.{name}"];
        var values = paths.SelectMany(p => At(fact.Body!, p)).ToList();
        if (kind == Kind.Words) return WordsIn(value).All(values.SelectMany(v => WordsIn((string)v!)).Contains);
        if (modifier == "missing") return (values.Count == 0) == (value == "true");
        return values.Any(v => Is(kind, v, modifier, value)) != (modifier == "not");
    }

    public bool Knows(string type, string code) => NaivePolicy.MaySearchBy(who, type, code);

    private static bool Is(Kind kind, JsonNode at, string? modifier, string wanted) => kind switch
    {
        Kind.Token => IsToken(at, wanted),
        Kind.Text => modifier switch { "exact" => (string)at! == wanted, "contains" => Folded((string)at!).Contains(Folded(wanted), StringComparison.Ordinal), _ => Folded((string)at!).StartsWith(Folded(wanted), StringComparison.Ordinal) },
        Kind.Date => IsDate(Span(at), wanted),
        Kind.Link => (string?)at["reference"] is { } link && (link == wanted || link.Split('/')[1] == wanted),
        _ => false,
    };

    private static IEnumerable<string> WordsIn(string text) => Folded(text).Split([' ', '?', '.'], StringSplitOptions.RemoveEmptyEntries);

    private static bool IsToken(JsonNode at, string wanted)
    {
        var (system, code) = at is JsonObject o ? ((string?)o["system"], (string?)(o["code"] ?? o["value"])) : (null, at.ToString());
        return wanted.Split('|') switch { [var only] => code == only, [var s, var c] => system == s && code == c, _ => false };
    }

    private static bool IsDate((DateOnly From, DateOnly Until) at, string wanted)
    {
        var prefix = char.IsLetter(wanted[0]) ? wanted[..2] : "eq";
        var (from, until) = Span(JsonValue.Create(char.IsLetter(wanted[0]) ? wanted[2..] : wanted));
        var within = from <= at.From && at.Until <= until;
        return prefix switch { "eq" => within, "ne" => !within, "gt" => at.Until > until, "ge" => at.Until > until || within, "lt" => at.From < from, "le" => at.From < from || within, "sa" => at.From >= until, "eb" => at.Until <= from, _ => false };
    }

    private static (DateOnly From, DateOnly Until) Span(JsonNode at)
    {
        if (at is JsonObject period) return (Span(period["start"]!).From, period["end"] is { } end ? Span(end).Until : DateOnly.MaxValue);
        var numbers = ((string)at!).Split('-').Select(p => int.Parse(p, CultureInfo.InvariantCulture)).ToArray();
        var from = new DateOnly(numbers[0], numbers.ElementAtOrDefault(1) is > 0 and var month ? month : 1, numbers.ElementAtOrDefault(2) is > 0 and var day ? day : 1);
        return (from, numbers.Length switch { 1 => from.AddYears(1), 2 => from.AddMonths(1), _ => from.AddDays(1) });
    }

    /// <summary>What the results refer to, or what refers to them, as far as it is seen: <c>Type:parameter</c>.</summary>
    public IReadOnlyList<string> Include(IReadOnlyList<Fact> matches, string rule, bool reverse)
    {
        var (type, code) = (rule.Split(':')[0], rule.Split(':')[1]);
        if (!Knows(type, code)) return [];
        var keys = matches.Select(m => m.Key).ToHashSet(StringComparer.Ordinal);
        var found = reverse
            ? _seen.Values.Where(f => f.Type == type && Links(f, code).Any(keys.Contains)).Select(f => f.Key)
            : matches.Where(m => m.Type == type).SelectMany(m => Links(m, code)).Where(_seen.ContainsKey);
        return [.. found.Where(key => !keys.Contains(key)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    /// <summary>What a result is ordered by; null comes last.</summary>
    public static string? OrderOf(Fact fact, string code, bool descending)
    {
        if (code == "_id") return fact.Id;
        if (code == "_lastUpdated") return fact.Slot.ToString("00000", CultureInfo.InvariantCulture);
        var (kind, paths) = Parameters[$"{fact.Type}.{code}"];
        var values = paths.SelectMany(p => At(fact.Body!, p)).Select(v => kind == Kind.Date ? (descending ? Span(v).Until : Span(v).From).ToString("o", CultureInfo.InvariantCulture) : Folded((string)v!)).Order(StringComparer.Ordinal).ToList();
        return descending ? values.LastOrDefault() : values.FirstOrDefault();
    }

    private static IEnumerable<string> Links(Fact fact, string code) =>
        Parameters[$"{fact.Type}.{code}"].Paths.SelectMany(p => At(fact.Body!, p)).SelectMany(NaivePolicy.References).Where(l => code != "patient" || l.StartsWith("Patient/", StringComparison.Ordinal));

    private static IEnumerable<JsonNode> At(JsonNode node, string path) =>
        path.Split('.').Aggregate<string, IEnumerable<JsonNode>>([node], (all, name) => all.Select(n => n[name]).OfType<JsonNode>().SelectMany(n => n is JsonArray list ? list.OfType<JsonNode>() : [n]));

    private static string Folded(string text) =>
        new([.. text.Normalize(NormalizationForm.FormD).Where(c => CharUnicodeInfo.GetUnicodeCategory(c) != UnicodeCategory.NonSpacingMark).Select(char.ToLowerInvariant)]);
}
