using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Rules;

namespace Fhir.Messaging.Threads;

/// <summary>Every write of a Communication passes here: as a thread's header, as one of its messages, or as an ordinary Communication, which only its own organisation sees, unless its patient denies it there.</summary>
public sealed class ThreadWrites(HeaderWrites headers, MessageWrites messages) : ICommitRule
{
    public IReadOnlySet<string> Types { get; } = new HashSet<string>(StringComparer.Ordinal) { "Communication" };

    public async ValueTask<Issue?> CheckAsync(Change change, CommitScope scope, CancellationToken stop)
    {
        if (change.Before is not null)
        {
            if (await ThreadRows.FindAsync(scope.Session, change.Rid, stop) is { } thread) return await headers.CheckChangeAsync(change, thread, scope, stop);
            if (await ThreadRows.MessageAsync(scope.Session, change.Rid, stop) is { } message) return messages.CheckChange(change, message);
        }
        if (change.After is not { } after) return null;
        if ((await messages.ThreadOfAsync(after, change.By, scope, stop)).Failed(out var issue, out var found)) return issue;
        var isHeader = ThreadHeader.IsMeant(after);
        if (found.Thread is null && !isHeader) return null;
        if (change.Before is not null) return new Issue(IssueKind.Conflict, "Threads and messages are made new, not out of another Communication.", "Communication");
        return found.Thread is { } into
            ? await messages.CheckNewAsync(change, into, found.Key, scope, stop)
            : await headers.CheckNewAsync(change, scope, stop);
    }

    public async ValueTask ApplyAsync(Change change, CommitScope scope, CancellationToken stop)
    {
        if (change.Before is not null && await ThreadRows.FindAsync(scope.Session, change.Rid, stop) is not null) await headers.ApplyChangeAsync(change, scope, stop);
        else if (change.Before is not null && await ThreadRows.MessageAsync(scope.Session, change.Rid, stop) is { } message) await messages.ApplyChangeAsync(change, message, scope, stop);
        else if (change.After is { } after) await ApplyNewAsync(change, after, scope, stop);
    }

    private async ValueTask ApplyNewAsync(Change change, Element after, CommitScope scope, CancellationToken stop)
    {
        if (ThreadHeader.IsMeant(after)) await headers.ApplyNewAsync(change, after, scope, stop);
        else if (await ThreadInAsync(after, scope, stop) is var (thread, key)) await messages.ApplyNewAsync(change, thread, key, scope, stop);
        else if (change.Confined == Confinement.None) change.Confined = Confinement.Home;   // neither: it did not pass the gate, so only its own organisation sees it, whoever cares for the patient
    }

    private static async ValueTask<(ThreadRow, ResourceKey)?> ThreadInAsync(Element message, CommitScope scope, CancellationToken stop)
    {
        foreach (var key in ThreadMessage.PartOf(message))
            if (await ThreadRows.FindAsync(scope.Session, await scope.RidAsync(key, stop), stop) is { } thread) return (thread, key);
        return null;
    }
}
