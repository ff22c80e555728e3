using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Rules;

namespace Fhir.Messaging.Care;

/// <summary>
/// The care row of a declared EpisodeOfCare: written by the operation alone. Whatever is written to the EpisodeOfCare afterwards can end it and never
/// prolong it; and the EpisodeOfCare never says more than the row, so that who reads it knows what is open to whom.
/// </summary>
public sealed class DeclaredCareWrites(Underway<Declaration> underway) : ICommitRule
{
    private const long Millisecond = 1000;

    public IReadOnlySet<string> Types { get; } = new HashSet<string>(StringComparer.Ordinal) { "EpisodeOfCare" };

    public async ValueTask<Issue?> CheckAsync(Change change, CommitScope scope, CancellationToken stop)
    {
        if (change.After is not { } after || underway.Of(change.Key) is not null) return null;
        var rows = await scope.Session.QueryAsync(Sql.Of($"select from_at, until_at from care where source = {change.Rid} and kind = 1"), r => new Validity(r.GetInt64(0), r.GetInt64(1)), stop);
        if (rows is not [var row]) return null;
        if (change.Before is { } before && !IsOfTheSame(before, after)) return new Issue(IssueKind.Conflict, "Declared care stays with whom it names.", "EpisodeOfCare.careManager");
        return Exceeds(change.Before, after, row) ? new Issue(IssueKind.Conflict, "Declared care is not prolonged: declare it again, with a new reason.", "EpisodeOfCare.period") : null;
    }

    // An end in whole milliseconds counts until that millisecond is over. What is over may leave its period as it was.
    private static bool Exceeds(Element? before, Element after, Validity row) =>
        (after["status"].Text == "active" || before is null || Validity.Of(before["period"]) != Validity.Of(after["period"]))
        && Validity.Of(after["period"]) is var period && (period.From < row.From || period.Until > row.Until + Millisecond);

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
        after["status"].Text == "active" && IsOfTheSame(before, after);

    private static bool IsOfTheSame(Element before, Element after) =>
        after["patient"]["reference"].Text == before["patient"]["reference"].Text
        && after["careManager"]["reference"].Text == before["careManager"]["reference"].Text;
}
