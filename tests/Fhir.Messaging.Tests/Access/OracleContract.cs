using System.Text.Json.Nodes;
using Fhir.Server.Api.Tests;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Tests;

namespace Fhir.Messaging.Tests.AccessTests;

/// <summary>Random searches find what a naive reckoning over everything says that the caller may find: the same sets, totals, order and includes.</summary>
public abstract class OracleContract
{
    private static readonly bool IsLong = Environment.GetEnvironmentVariable("SAMENSPRAAK_LONG") == "1";
    private static readonly int Seed = IsLong ? Environment.TickCount & 0xffffff : 20261123;

    protected abstract Task<TenantDatabase> EmptyAsync();

    [Fact]
    public async Task H3_Every_search_finds_what_the_naive_oracle_says()
    {
        var facts = MadeUpClinic.Of(Seed, patients: 16);
        var policy = new NaivePolicy(facts);
        await using var world = await World.OpenAsync(EmptyAsync, facts);
        var searches = new Searches(facts, new(Seed));
        var everyone = NonInterferenceContract.Everyone;
        for (var i = 0; i < (IsLong ? 50_000 : 2_000); i++)
        {
            var who = everyone[i % everyone.Length];
            var (search, naive) = (searches.Next(), new NaiveSearch(policy, who));
            var client = new Client(world.Clinic.Url, world.TokenOf(who, minutes: 601));
            if (!policy.IsLetIn(who))
            {
                Assert.Equal(403, (await client.Get(search.Url)).Code);
                continue;
            }
            if (Difference(search, naive, await AllAsync(client, search, who)) is { } difference) Assert.Fail($"seed {Seed}, {who}: {search.Url}\n{difference}\n{Story(facts, difference)}");
        }
    }

    // Everything about the patient of the first thing that is not in both, to see why.
    private static string Story(IReadOnlyList<Fact> facts, string difference)
    {
        var odd = difference.Split('\n').SelectMany(line => line.Split(' ').Where(w => w.Contains('/', StringComparison.Ordinal)).Distinct()).GroupBy(w => w).FirstOrDefault(g => g.Count() == 1)?.Key;
        var patients = facts.Where(f => f.Key == odd).SelectMany(f => f.Patients).ToList();
        return string.Join('\n', facts.Where(f => f.Key == odd || (f.Patients.Any(patients.Contains) && f.Type is "Patient" or "CareTeam" or "Encounter" or "ServiceRequest" or "Consent" && f.Patients.Any(patients.Contains))).Select(f => $"{f.Slot} {f.Key} of {f.Home}: {f.Body?.ToJsonString()}"));
    }

    private sealed record Found(IReadOnlyList<string> Matches, IReadOnlyList<string> Includes, int? Total);

    // All pages, one after another.
    private static async Task<Found> AllAsync(Client client, NaiveQuery search, Somebody who)
    {
        var (matches, includes, url) = (new List<string>(), new List<string>(), search.Url);
        int? total = null;
        while (url is not null)
        {
            var got = await client.Get(url);
            Assert.True(got.Code == 200, $"seed {Seed}, {who}: {search.Url}: {got.Code} {got.Text}");
            var bundle = got.Json;
            total ??= (int?)bundle["total"];
            foreach (var entry in bundle["entry"]?.AsArray() ?? [])
                ((string?)entry!["search"]!["mode"] == "match" ? matches : includes).Add($"{(string?)entry["resource"]!["resourceType"]}/{(string?)entry["resource"]!["id"]}");
            url = (string?)bundle["link"]!.AsArray().FirstOrDefault(l => (string?)l!["relation"] == "next")?["url"];
        }
        return new(matches, [.. includes.Distinct().Order(StringComparer.Ordinal)], total);
    }

    private static string? Difference(NaiveQuery search, NaiveSearch naive, Found found)
    {
        var expected = naive.Find(search.Type, search.Criteria);
        var keys = expected.Select(f => f.Key).ToList();
        if (!keys.SequenceEqual(found.Matches.Order(StringComparer.Ordinal))) return $"expected {string.Join(' ', keys)}\nbut found {string.Join(' ', found.Matches.Order(StringComparer.Ordinal))}";
        if (found.Total is { } total && total != keys.Count) return $"total {total} instead of {keys.Count}";
        if (search.Sort is { } sort && naive.Knows(search.Type, sort.TrimStart('-')) && Disorder(sort, expected, found.Matches) is { } disorder) return disorder;
        if (search.Include is not var (rule, reverse)) return null;
        var included = naive.Include(expected, rule, reverse);
        return included.SequenceEqual(found.Includes) ? null : $"expected to include {string.Join(' ', included)}\nbut found {string.Join(' ', found.Includes)}";
    }

    private static string? Disorder(string sort, IReadOnlyList<Fact> expected, IReadOnlyList<string> found)
    {
        var (code, descending) = (sort.TrimStart('-'), sort.StartsWith('-'));
        var order = expected.ToDictionary(f => f.Key, f => NaiveSearch.OrderOf(f, code, descending), StringComparer.Ordinal);
        var some = order.Values.OfType<string>();
        var right = (descending ? some.OrderDescending(StringComparer.Ordinal) : some.Order(StringComparer.Ordinal)).Concat(order.Values.Where(v => v is null));
        return right.SequenceEqual(found.Select(key => order[key])) ? null : $"not in order: {string.Join(' ', found.Select(key => $"{key}={order[key]}"))}";
    }
}

/// <summary>A search in parts, so that it can be reckoned.</summary>
public sealed record NaiveQuery(string Type, IReadOnlyList<(string Key, string Value)> Criteria, string? Sort, (string Rule, bool Reverse)? Include, int? Count)
{
    public string Url => (Type.Contains(',', StringComparison.Ordinal) ? $"/fhir/?_type={Type}&" : $"/fhir/{Type}?") + string.Join('&', Criteria.Select(c => $"{c.Key}={c.Value}").Concat(Rest()));

    private IEnumerable<string> Rest()
    {
        if (Sort is not null) yield return $"_sort={Sort}";
        if (Include is var (rule, reverse)) yield return $"{(reverse ? "_revinclude" : "_include")}={rule}";
        yield return $"_count={Count ?? 500}";
        if (Count is null) yield return "_total=accurate";
    }
}

/// <summary>Makes up searches that the naive reckoning understands.</summary>
internal sealed class Searches(IReadOnlyList<Fact> facts, Chance chance)
{
    private static readonly string[] Types = ["Patient", "Observation", "Observation", "Encounter", "Condition", "MedicationRequest", "AllergyIntolerance", "Task", "CareTeam", "Communication", "List", "Consent", "Schedule", "Appointment"];
    private readonly string[] _keys = [.. facts.Select(f => f.Key).Distinct(StringComparer.Ordinal)];

    public NaiveQuery Next()
    {
        if (chance.In(20)) return new("Medication", [("_contained", chance.Of(["true", "both"])), .. Enumerable.Range(0, chance.Between(0, 2)).Select(_ => Contained())], null, null, chance.In(4) ? chance.Between(1, 4) : null);
        if (chance.In(15)) return new("Observation,Encounter", [], (chance.In(2) ? "-" : "") + chance.Of(["date", "status", "_id", "_lastUpdated"]), null, chance.In(2) ? chance.Between(1, 4) : null);
        var type = chance.Of(Types);
        var criteria = Enumerable.Range(0, chance.Between(0, 2)).Select(_ => Criterion(type)).ToList();
        var count = chance.In(4) ? chance.Between(1, 4) : (int?)null;
        return new(type, criteria, chance.In(3) ? Sort(type) : null, count is null && chance.In(3) ? Include(type) : null, count);
    }

    private (string, string) Contained() => chance.In(2) ? (chance.In(3) ? "status:not" : "status", chance.Of(["active", "inactive"])) : (chance.In(3) ? "code:not" : "code", chance.Of([.. MadeUpClinic.Medications, "urn:med|metoprolol"]));

    private (string, string) Criterion(string type)
    {
        var links = Codes(type, NaiveSearch.Kind.Link);
        if (chance.In(5) && type is "Observation" or "Condition" or "Task" or "Communication" or "Encounter") return After("patient.", Plain("Patient"));
        if (chance.In(5) && type == "Patient") return chance.Of(["Observation", "Condition", "Task", "CareTeam", "Communication"]) is var source ? After($"_has:{source}:{(source == "Communication" ? "subject" : "patient")}:", Plain(source)) : default;
        if (chance.In(6) && type == "Observation") return After("encounter.", Plain("Encounter"));
        if (chance.In(8) && type == "Patient") return After("link:Patient.", Plain("Patient"));
        if (chance.In(6)) return chance.In(3) ? ("_id:not", Id()) : ("_id", $"{Id()},{Id()},{Id()}");
        return links.Count > 0 && chance.In(3) ? (chance.Of(links), chance.Of(_keys)) : Plain(type);
    }

    private static (string, string) After(string hop, (string Key, string Value) end) => (hop == "patient." && end.Key.StartsWith("_has", StringComparison.Ordinal) ? end.Key : hop + end.Key, end.Value);

    private string Id() => chance.Of(_keys).Split('/')[1];

    private static List<string> Codes(string type, params NaiveSearch.Kind[] kinds) =>
        [.. NaiveSearch.Parameters.Where(p => p.Key.StartsWith(type + ".", StringComparison.Ordinal) && kinds.Contains(p.Value.Kind)).Select(p => p.Key.Split('.')[1])];

    private (string, string) Plain(string type)
    {
        var code = chance.Of(Codes(type, NaiveSearch.Kind.Token, NaiveSearch.Kind.Text, NaiveSearch.Kind.Date, NaiveSearch.Kind.Link, NaiveSearch.Kind.Words));
        if (code != "_content" && chance.In(7)) return ($"{code}:missing", chance.In(2) ? "true" : "false");
        return NaiveSearch.Parameters[$"{type}.{code}"].Kind switch
        {
            NaiveSearch.Kind.Token => (chance.In(4) ? code + ":not" : code, chance.Of([.. MadeUpClinic.ObservationCodes, .. MadeUpClinic.ConditionCodes, .. MadeUpClinic.Statuses, "active", "requested", "completed", "female", "male", "true", "AMB", "vital-signs", "http://loinc.org|8480-6", $"{ClinicUrls.Bsn}|900000003", "900000002", "low"])),
            NaiveSearch.Kind.Text => (code + chance.Of(["", ":exact", ":contains"]), chance.Of(["Dijk", "Jansen", "de Boer", "Anna", "B", "Assen", "e", "ijk", "Visites"])),
            NaiveSearch.Kind.Date => (code, chance.Of(["", "ge", "lt", "gt", "le", "sa", "eb", "ne"]) + chance.Of(["2025", "2025-06", "2025-03-14", "1975", "1960-05", "2025-04"])),
            NaiveSearch.Kind.Words => (code, chance.Of([.. MadeUpClinic.Families, "Overleg", "overleg boer", "nobody"])),
            _ => (code, chance.In(2) ? chance.Of(_keys) : chance.Of(MadeUpClinic.Clinicians).Reference),
        };
    }

    private string Sort(string type)
    {
        var codes = Codes(type, NaiveSearch.Kind.Date, NaiveSearch.Kind.Text).Where(c => c != "name").Concat(["_id", "_lastUpdated"]).ToList();
        return (chance.In(2) ? "-" : "") + chance.Of(codes);
    }

    private (string, bool)? Include(string type)
    {
        var reverse = NaiveSearch.Parameters.Where(p => p.Value.Kind == NaiveSearch.Kind.Link && type == "Patient" && p.Key.Split('.')[1] is "patient" or "subject" or "link").Select(p => p.Key).ToList();
        if (reverse.Count > 0 && chance.In(2)) return (chance.Of(reverse).Replace('.', ':'), true);
        if (type == "Encounter" && chance.In(2)) return ("Observation:encounter", true);
        return Codes(type, NaiveSearch.Kind.Link) is { Count: > 0 } links ? ($"{type}:{chance.Of(links)}", false) : null;
    }
}

public sealed class OracleOnSqlite : OracleContract
{
    protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.SqliteAsync();
}

public sealed class OracleOnPostgres : OracleContract
{
    protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.PostgresAsync();
}
