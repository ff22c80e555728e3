using Fhir.Messaging.AddressBook;
using Fhir.Messaging.Threads;
using Fhir.Server.Api.Identity;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Rules;

namespace Fhir.Messaging.Care;

/// <summary>
/// The review and the notice of broken glass: only the operation makes them, and the row that opens the record with them. The
/// notice is never changed; the review is completed by a privacy officer and by nobody else.
/// </summary>
public sealed class GlassWrites(Underway<GlassAct> underway, DirectoryEpoch callers) : ICommitRule
{
    private static readonly string[] Steps = ["requested", "received", "accepted", "in-progress", "completed"];

    public IReadOnlySet<string> Types { get; } = new HashSet<string>(StringComparer.Ordinal) { "Task", "Communication" };

    public async ValueTask<Issue?> CheckAsync(Change change, CommitScope scope, CancellationToken stop)
    {
        if (change.Confined == Confinement.Review) return change.Key.Type == "Task" ? CheckReview(change) : new Issue(IssueKind.Conflict, "A notice does not change.", "Communication");
        if (change.Before is null && underway.Of(change.Key) is { } act)
            return change.Key.Type != "Task" ? null : (act.Follows ? null : await GlassRows.SpentAsync(scope.Session, act.Proof, stop)) ?? await GlassRows.NeedlessAsync(act, scope, stop);
        return null;
    }

    public async ValueTask ApplyAsync(Change change, CommitScope scope, CancellationToken stop)
    {
        if (change.Before is null && underway.Of(change.Key) is { } act)
        {
            (change.Confined, change.Patient) = (Confinement.Review, act.Patient);
            if (change.Key.Type != "Task") return;
            await GlassRows.AddAsync(act, change.Rid, scope, stop);
            scope.AfterCommit(callers.Changed);   // who was resolved before it does not know of it
        }
        else if (change.Confined == Confinement.Review && References.Key((change.After ?? change.Before)!["for"]) is { } patient)
        {
            change.Patient = await scope.RidAsync(patient, stop);
        }
    }

    private static Issue? CheckReview(Change change)
    {
        if (!change.By.Role.StandsOn(Ground.Reviews)) return new Issue(IssueKind.Forbidden, "Only a privacy officer writes in a review.", "Task");
        if (change is not { Before: { } before, After: { } after }) return new Issue(IssueKind.Conflict, "A review is completed, not deleted.", "Task");
        if (before["status"].Text == "completed") return new Issue(IssueKind.Conflict, "The review is completed.", "Task.status");
        if (!Unchanged.But(before, after, "status", "output", "note") || after["meta"]["security"].Exists)
            return new Issue(IssueKind.Conflict, "Of a review only status, output and note change.", "Task");
        return Steps.Contains(after["status"].Text, StringComparer.Ordinal) ? null : new Issue(IssueKind.Conflict, $"A review is {string.Join(", ", Steps)}.", "Task.status");
    }
}
