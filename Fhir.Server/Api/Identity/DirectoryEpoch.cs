using System.Collections.Frozen;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Rules;

namespace Fhir.Server.Api.Identity;

/// <summary>Counts the changes of who works where, and of whose glass is broken: a caller resolved before the last one is resolved again.</summary>
public sealed class DirectoryEpoch : ICommitRule
{
    private int _current;

    public int Current => Volatile.Read(ref _current);

    public void Changed() => Interlocked.Increment(ref _current);

    public IReadOnlySet<string> Types { get; } = FrozenSet.ToFrozenSet(["PractitionerRole", "Practitioner", "Organization", "RelatedPerson"], StringComparer.Ordinal);

    public ValueTask<Issue?> CheckAsync(Change change, CommitScope scope, CancellationToken stop) => default;

    public ValueTask ApplyAsync(Change change, CommitScope scope, CancellationToken stop)
    {
        scope.AfterCommit(Changed);
        return default;
    }
}
