using Fhir.Messaging.AddressBook;
using Fhir.Server.Core.Elements;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Rules;

namespace Fhir.Messaging.Consent;

/// <summary>
/// Who bears the roles that a Consent names: a denial of a role means that person as well, in all she does. Kept when the Consent is written (of a role that
/// nobody bears yet, when somebody comes to bear it), so that she is meant still when the role is given to another or is deleted.
/// </summary>
internal static class NamedPersons
{
    private const string Nobody = "";

    /// <summary>By the id of the role.</summary>
    public static async ValueTask<ILookup<string, ResourceKey>> OfAsync(long consent, CommitScope scope, CancellationToken stop) => (await RowsAsync(consent, scope, stop))
        .Where(row => row.Person != Nobody).ToLookup(row => row.Role, row => new ResourceKey("Practitioner", row.Person), StringComparer.Ordinal);

    /// <summary>After a Consent was written. What it does not name any more is forgotten; when it is deleted nothing is, for it may come back.</summary>
    public static async ValueTask KeepAsync(Change change, CommitScope scope, CancellationToken stop)
    {
        if (change.After is not { } after) return;
        var rows = await RowsAsync(change.Rid, scope, stop);
        var roles = Provision.From(after["provision"]).Tree.SelectMany(p => p.Actors).Select(a => a.Told).OfType<ResourceKey>().Where(k => k.Type == "PractitionerRole").Distinct().ToList();
        foreach (var role in rows.Select(row => row.Role).Distinct(StringComparer.Ordinal).Where(role => !roles.Exists(r => r.Id == role)))
            await scope.Session.ExecuteAsync(Sql.Of($"delete from named_person where consent = {change.Rid} and role = {role}"), stop);
        foreach (var role in roles)
        {
            var person = PersonOf(await scope.ReadAsync(role, stop));
            if (person is not null || rows.TrueForAll(row => row.Role != role.Id)) await AddAsync(change.Rid, role.Id, person ?? Nobody, scope, stop);
        }
    }

    /// <summary>After a PractitionerRole was written: the consents that named it when nobody bore it mean whoever bears it now. Gives the patients of those.</summary>
    public static async ValueTask<IReadOnlyList<long>> BornAsync(Change role, CommitScope scope, CancellationToken stop)
    {
        if (PersonOf(role.After) is not { } person) return [];
        var patients = new SortedSet<long>();
        foreach (var consent in await scope.Session.QueryAsync(Sql.Of($"select consent from named_person where role = {role.Key.Id} and person = {Nobody} order by consent"), r => r.GetInt64(0), stop))
        {
            await scope.Session.ExecuteAsync(Sql.Of($"delete from named_person where consent = {consent} and role = {role.Key.Id} and person = {Nobody}"), stop);
            await AddAsync(consent, role.Key.Id, person, scope, stop);
            if (await scope.ReadAsync(consent, stop) is not var (key, content) || References.Key(content["patient"]) is not { } about) continue;
            var patient = await scope.RidAsync(about, stop);
            await DenialRows.ReplaceAsync((consent, key, content), patient, scope, stop);
            patients.Add(patient);
        }
        return [.. patients];
    }

    private static string? PersonOf(Element? role) => role is not null && References.Key(role["practitioner"]) is { Type: "Practitioner" } person ? person.Id : null;

    private static ValueTask<List<(string Role, string Person)>> RowsAsync(long consent, CommitScope scope, CancellationToken stop) =>
        scope.Session.QueryAsync(Sql.Of($"select role, person from named_person where consent = {consent} order by role, person"), r => (r.GetString(0), r.GetString(1)), stop);

    private static async ValueTask AddAsync(long consent, string role, string person, CommitScope scope, CancellationToken stop) =>
        await scope.Session.ExecuteAsync(Sql.Of($"insert into named_person(consent, role, person) values({consent}, {role}, {person}) on conflict do nothing"), stop);
}
