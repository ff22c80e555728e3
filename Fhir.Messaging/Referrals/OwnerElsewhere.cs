using Fhir.Messaging.Threads;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Rules;

namespace Fhir.Messaging.Referrals;

/// <summary>
/// A Task that another organisation keeps is moved by its owner: she accepts or refuses, says how far it is and adds what came of
/// it, and changes nothing else — https://hl7.org/fhir/R4/task.html#statemachine
/// </summary>
public sealed class OwnerElsewhere : ICommitRule
{
    private static readonly string[] Hers = ["status", "statusReason", "businessStatus", "note", "output", "lastModified"];
    // To withdraw it is for who asked.
    private static readonly string[] Steps = ["received", "accepted", "rejected", "ready", "in-progress", "on-hold", "failed", "completed"];

    public IReadOnlySet<string> Types { get; } = new HashSet<string>(StringComparer.Ordinal) { "Task" };

    public ValueTask<Issue?> CheckAsync(Change change, CommitScope scope, CancellationToken stop) => ValueTask.FromResult(Check(change));

    public ValueTask ApplyAsync(Change change, CommitScope scope, CancellationToken stop) => ValueTask.CompletedTask;

    private static Issue? Check(Change change)
    {
        if (change.By.SeesAll || change.Confined == Confinement.Review || (change.Home != 0 && change.Home == change.By.OrganizationRid)) return null;
        if (change is not { Before: { } before, After: { } after } || !Sameness.But(before, after, Hers) || !Sameness.But(before["meta"], after["meta"], "versionId", "lastUpdated", "source"))
            return new Issue(IssueKind.Conflict, "Of a task that another organisation keeps its owner changes the status, its reason, the business status, notes and output.", "Task");
        return before["status"].Text == after["status"].Text || Steps.Contains(after["status"].Text, StringComparer.Ordinal)
            ? null : new Issue(IssueKind.Conflict, $"Who owns a task sets it to {string.Join(", ", Steps)}.", "Task.status");
    }
}
