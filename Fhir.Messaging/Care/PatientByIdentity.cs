using System.Text;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Resources;
using Fhir.Server.Store.Search;

namespace Fhir.Messaging.Care;

/// <summary>
/// The patient, of whatever practice, whom an identifier and a birth date fit together: one record, or all of who is registered more than
/// once. Whatever does not fit has one answer and costs the same, so that nobody learns from it who is known here.
/// </summary>
public sealed class PatientByIdentity(ResourceSearch search, TenantDatabase database)
{
    private const string Most = "100";
    internal static readonly Issue NoOne = new(IssueKind.NotFound, "There is no patient whom both this identifier and this birth date fit.");

    /// <summary>The patient's records, or none; and all who bear that identifier, in whose log the try stands.</summary>
    internal sealed record Found(IReadOnlyList<ResourceVersion> Records, IReadOnlyList<long> Concerned);

    /// <summary><paramref name="heedsDenials"/>: a patient who denies her record to this caller is no one. Of several records those that she sees anyway are left out.</summary>
    internal async Task<Result<Found>> FindAsync(CareInput input, AccessContext by, bool heedsDenials, CancellationToken stop)
    {
        if ((await SearchAsync(input, by, stop)).Failed(out var issue, out var bearers)) return issue;
        var fitting = bearers.Where(b => b.BirthDate == input.BirthDate).ToList();
        var open = await OfThemAsync(fitting, by.NotDeniedInCare("r", "Patient"), stop);
        var seen = await OfThemAsync(fitting, SeenAnyway(by, withGlass: !heedsDenials), stop);
        var meant = fitting.Select(b => b.Version).Where(v => !heedsDenials || open.Contains(v.Rid)).OrderBy(v => v.Rid).ToList();
        var others = meant.Where(v => !seen.Contains(v.Rid)).ToList();
        return new Found(others.Count > 0 ? others : meant, [.. bearers.Select(b => b.Version.Rid)]);
    }

    /// <summary>The condition that she sees the patient's row without doing anything; a thread alone does not show her the record.</summary>
    internal static Sql SeenAnyway(AccessContext by, bool withGlass = true)
    {
        var role = by.Role with { Grounds = by.Role.Grounds & ~(Ground.Threads | Ground.PracticeThreads), Abilities = withGlass ? by.Role.Abilities : by.Role.Abilities & ~Ability.BreaksGlass };
        return (by with { Role = role }).Sees("r", "Patient", Permission.None);
    }

    private async Task<HashSet<long>> OfThemAsync(List<(ResourceVersion Version, string? BirthDate)> them, Sql condition, CancellationToken stop)
    {
        var rids = them.Select(b => b.Version.Rid).DefaultIfEmpty(0).Select(rid => Sql.Of($"{rid}"));
        await using var session = await database.ReadAsync(snapshot: false, stop);
        return [.. await session.QueryAsync(Sql.Of($"select r.rid from res r where r.rid in ({Sql.Join(", ", rids)}) and r.live = 1 and {condition}"), r => r.GetInt64(0), stop)];
    }

    private async Task<Result<List<(ResourceVersion Version, string? BirthDate)>>> SearchAsync(CareInput input, AccessContext by, CancellationToken stop)
    {
        KeyValuePair<string, string>[] criteria = [new("identifier", $"{Escaped(input.System)}|{Escaped(input.Value)}"), new("_count", Most)];
        var bearers = new List<(ResourceVersion, string?)>();
        if (SearchQuery.Parse("Patient", criteria, DefinitionSet.R4, strict: true).Failed(out _, out var query)) return bearers;
        if ((await search.SearchAsync(query, AccessContext.House("care", by.NowMicros), stop)).Failed(out var issue, out var page)) return issue;
        foreach (var version in page.Matches)
            if (!JsonReader.Read(version.Body, DefinitionSet.R4).Failed(out _, out var patient) && Bears(patient, input)) bearers.Add((version, patient["birthDate"].Text));
        return bearers;
    }

    // The index knows hashes; here the very words count.
    private static bool Bears(Element patient, CareInput input) => patient.Each("identifier").Any(i => i["system"].Text == input.System && i["value"].Text == input.Value);

    // https://hl7.org/fhir/R4/search.html#escaping
    private static string Escaped(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var letter in text) (letter is '\\' or '|' or ',' or '$' ? escaped.Append('\\') : escaped).Append(letter);
        return escaped.ToString();
    }
}
