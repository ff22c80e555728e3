using Fhir.Server.Core.Elements;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Rules;

namespace Fhir.Messaging.Consent;

/// <summary>The table of denials that every read is held to: written here and nowhere else, new with each version of a Consent.</summary>
internal static class DenialRows
{
    private const long Everyone = 0, AllTypes = -1;

    public static async ValueTask ReplaceAsync((long Rid, ResourceKey Key, Element? After) consent, long patient, CommitScope scope, CancellationToken stop)
    {
        await scope.Session.ExecuteAsync(Sql.Of($"delete from denial where source = {consent.Rid}"), stop);
        if (consent.After is not { } after) return;
        var read = PatientConsent.From(consent.Rid, consent.Key, after, await NamedPersons.OfAsync(consent.Rid, scope, stop));
        foreach (var same in DenialLine.Of(read).GroupBy(line => (line.Actor, line.Type, line.Period.From, line.Exempt)))
        {
            var actor = same.Key.Actor is { } key ? await scope.RidAsync(key, stop) : Everyone;
            var type = same.Key.Type is { } name ? AccessTable.Number(name) : AllTypes;
            await scope.Session.ExecuteAsync(Sql.Of(
                $"""
                insert into denial(patient, actor, typ, from_at, until_at, source, exempt)
                values({patient}, {actor}, {type}, {same.Key.From}, {same.Max(line => line.Period.Until)}, {consent.Rid}, {same.Key.Exempt}) on conflict do nothing
                """), stop);
        }
    }
}
