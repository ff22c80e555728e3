using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Rules;

namespace Fhir.Messaging.Care;

/// <summary>The care row of a declared EpisodeOfCare: written by the operation alone. Whatever is written to the EpisodeOfCare afterwards can end it, and never prolong it.</summary>
public sealed class DeclaredCareWrites(Underway<Declaration> underway) : ICommitRule
{
    public IReadOnlySet<string> Types { get; } = new HashSet<string>(StringComparer.Ordinal) { "EpisodeOfCare" };

    public ValueTask<Issue?> CheckAsync(Change change, CommitScope scope, CancellationToken stop) => default;

    public async ValueTask ApplyAsync(Change change, CommitScope scope, CancellationToken stop)
    {
        if (change.Before is { } before) await EndAsync(change, before, scope, stop);
        else if (underway.Of(change.Key) is { } declared) await OpenAsync(declared, change.Rid, scope, stop);
    }

    private static async ValueTask OpenAsync(Declaration declared, long source, CommitScope scope, CancellationToken stop) => await scope.Session.ExecuteAsync(Sql.Of(
        $"insert into care(actor, patient, source, from_at, until_at, kind) values({declared.Actor}, {declared.Patient}, {source}, {declared.Period.From}, {declared.Period.Until}, {1})"), stop);

    private static async ValueTask EndAsync(Change change, Element before, CommitScope scope, CancellationToken stop)
    {
        var end = change.After is { } after && Stands(before, after) && Validity.Of(after["period"]) is var period && period.Holds(scope.AtMicros) ? period.Until : scope.AtMicros;
        await scope.Session.ExecuteAsync(Sql.Of($"update care set until_at = {end} where source = {change.Rid} and kind = 1 and until_at > {end}"), stop);
    }

    // The same person about the same patient, and not over.
    private static bool Stands(Element before, Element after) =>
        after["status"].Text == "active"
        && after["patient"]["reference"].Text == before["patient"]["reference"].Text
        && after["careManager"]["reference"].Text == before["careManager"]["reference"].Text;
}
