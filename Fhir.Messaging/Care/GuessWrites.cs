using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Rules;

namespace Fhir.Messaging.Care;

/// <summary>The Task that tells of guesses is a review: privacy officers read and complete it, nobody else sees it.</summary>
public sealed class GuessWrites(Underway<GuessAlarm> underway) : ICommitRule
{
    public IReadOnlySet<string> Types { get; } = new HashSet<string>(StringComparer.Ordinal) { "Task" };

    public ValueTask<Issue?> CheckAsync(Change change, CommitScope scope, CancellationToken stop) => default;

    public ValueTask ApplyAsync(Change change, CommitScope scope, CancellationToken stop)
    {
        if (change.Before is null && underway.Of(change.Key) is not null) change.Confined = Confinement.Review;
        return default;
    }
}
