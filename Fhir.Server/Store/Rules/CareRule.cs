using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Rules;

/// <summary>
/// Care relations: a CareTeam or ServiceRequest of the patient's own practice lets the clinicians it names see the patient.
/// One that another organisation wrote counts for nothing, so that nobody lets herself in.
/// </summary>
public sealed class CareRule : ICommitRule
{
    public IReadOnlySet<string> Types { get; } = new HashSet<string>(StringComparer.Ordinal) { "CareTeam", "ServiceRequest" };

    public ValueTask<Issue?> CheckAsync(Change change, CommitScope scope, CancellationToken stop) => default;

    public async ValueTask ApplyAsync(Change change, CommitScope scope, CancellationToken stop)
    {
        if (change.Before is not null) await scope.Session.ExecuteAsync(Sql.Of($"delete from care where source = {change.Rid}"), stop);
        if (change.After is not { } after || change.Patient <= 0 || after["status"].Text != "active") return;
        if (!await IsOwnPatientAsync(change, scope, stop)) return;
        foreach (var actor in Actors(after).Distinct())
        {
            var rid = await scope.RidAsync(actor, stop);
            await scope.Session.ExecuteAsync(
                Sql.Of($"insert into care(actor, patient, source, from_at, until_at) values({rid}, {change.Patient}, {change.Rid}, {scope.AtMicros}, {long.MaxValue})"), stop);
        }
    }

    private static async ValueTask<bool> IsOwnPatientAsync(Change change, CommitScope scope, CancellationToken stop)
    {
        await scope.FlushAsync(stop);
        return await scope.Session.FirstAsync(Sql.Of($"select 1 from res where rid = {change.Patient} and live = 1 and home = {change.Home}"), r => r.GetInt64(0), stop) == 1;
    }

    private static IEnumerable<ResourceKey> Actors(Element resource)
    {
        var references = resource.Type == "CareTeam"
            ? resource.Each("participant").Select(p => p["member"]["reference"].Text)
            : resource.Each("performer").Select(p => p["reference"].Text);
        foreach (var reference in references)
            if (reference?.Split('/') is ["PractitionerRole", var id]) yield return new("PractitionerRole", id);
    }
}
