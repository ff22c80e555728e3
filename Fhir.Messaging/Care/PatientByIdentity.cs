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
/// The one patient, of whatever practice, whom an identifier and a birth date fit together. Whatever does not fit has one answer
/// and costs the same, so that nobody learns from it who is known here.
/// </summary>
public sealed class PatientByIdentity(ResourceSearch search, TenantDatabase database)
{
    private static readonly Issue NoOne = new(IssueKind.NotFound, "There is no patient whom both this identifier and this birth date fit.");

    /// <summary><paramref name="heedsDenials"/>: a patient who denies her record to this caller is no one.</summary>
    internal async Task<Result<ResourceVersion>> FindAsync(CareInput input, AccessContext by, bool heedsDenials, CancellationToken stop)
    {
        if ((await SearchAsync(input, by, stop)).Failed(out var issue, out var found)) return issue;
        var one = found is [var only] && Fits(only, input) ? only : null;
        var open = await database.FirstAsync(Sql.Of($"select 1 from res r where r.rid = {one?.Rid ?? 0} and {by.NotDeniedInCare("r", "Patient")}"), r => r.GetInt64(0), stop) == 1;
        return one is null || (heedsDenials && !open) ? NoOne : one;
    }

    private async Task<Result<IReadOnlyList<ResourceVersion>>> SearchAsync(CareInput input, AccessContext by, CancellationToken stop)
    {
        KeyValuePair<string, string>[] criteria = [new("identifier", $"{Escaped(input.System)}|{Escaped(input.Value)}"), new("birthdate", $"eq{input.BirthDate}"), new("_count", "2")];
        if (SearchQuery.Parse("Patient", criteria, DefinitionSet.R4, strict: true).Failed(out _, out var query)) return NoOne;
        return (await search.SearchAsync(query, AccessContext.House("care", by.NowMicros), stop)).Failed(out var issue, out var page) ? issue : new List<ResourceVersion>(page.Matches);
    }

    // The index folds and widens; here the very words count.
    private static bool Fits(ResourceVersion version, CareInput input) =>
        !JsonReader.Read(version.Body, DefinitionSet.R4).Failed(out _, out var patient) && patient["birthDate"].Text == input.BirthDate
        && patient.Each("identifier").Any(i => i["system"].Text == input.System && i["value"].Text == input.Value);

    // https://hl7.org/fhir/R4/search.html#escaping
    private static string Escaped(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var letter in text) (letter is '\\' or '|' or ',' or '$' ? escaped.Append('\\') : escaped).Append(letter);
        return escaped.ToString();
    }
}
