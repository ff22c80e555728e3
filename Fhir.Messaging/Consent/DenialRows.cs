using Fhir.Server.Core.Elements;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Rules;

namespace Fhir.Messaging.Consent;

/// <summary>The table of denials that every read is held to: written here and nowhere else, new with each version of a Consent.</summary>
internal static class DenialRows
{
    private const long Everyone = 0, AllTypes = -1;

    public static async ValueTask ReplaceAsync(Change change, long patient, CommitScope scope, CancellationToken stop)
    {
        await scope.Session.ExecuteAsync(Sql.Of($"delete from denial where source = {change.Rid}"), stop);
        if (change.After is not { } after) return;
        foreach (var line in DenialLine.Of(PatientConsent.From(change.Rid, change.Key, after)).Distinct())
        {
            var actor = line.Actor is { } key ? await scope.RidAsync(key, stop) : Everyone;
            var type = line.Type is { } name ? AccessTable.Number(name) : AllTypes;
            await scope.Session.ExecuteAsync(Sql.Of(
                $"""
                insert into denial(patient, actor, typ, from_at, until_at, source, exempt)
                values({patient}, {actor}, {type}, {line.Period.From}, {line.Period.Until}, {change.Rid}, {line.Exempt}) on conflict do nothing
                """), stop);
        }
    }
}
