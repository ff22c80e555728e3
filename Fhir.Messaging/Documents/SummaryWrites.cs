using Fhir.Messaging.Consent;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Rules;

namespace Fhir.Messaging.Documents;

/// <summary>A thread's summary is final: what was delivered must stay what is on record.</summary>
public sealed class SummaryWrites : ICommitRule
{
    public IReadOnlySet<string> Types { get; } = new HashSet<string>(StringComparer.Ordinal) { "Composition", "Bundle", "DocumentReference" };

    public ValueTask<Issue?> CheckAsync(Change change, CommitScope scope, CancellationToken stop) => ValueTask.FromResult(
        change.Before is not null && change.Thread != 0 ? new Issue(IssueKind.Conflict, "The summary of a thread is final.", change.Key.Type) : null);

    public ValueTask ApplyAsync(Change change, CommitScope scope, CancellationToken stop) =>
        change.Thread != 0 ? ParticipantRows.MissedAsync(scope, change.Thread, change.Rid, stop) : ValueTask.CompletedTask;
}
