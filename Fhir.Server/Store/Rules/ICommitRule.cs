using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Rules;

/// <summary>
/// What stands above the store joins every commit here, under the commit lock and in its transaction: messaging's consent
/// gate and thread projection, care relations, the outbox. Check may refuse and only reads; Apply writes its projections.
/// </summary>
public interface ICommitRule
{
    /// <summary>The resource types it wants to see; empty = none.</summary>
    IReadOnlySet<string> Types { get; }

    ValueTask<Issue?> CheckAsync(Change change, CommitScope scope, CancellationToken stop);

    ValueTask ApplyAsync(Change change, CommitScope scope, CancellationToken stop);
}

/// <summary>One write as the rules see it: the resource before and after, and the access keys that it will carry (a rule may set them).</summary>
public sealed class Change
{
    public required ResourceKey Key { get; init; }
    public required long Rid { get; init; }
    /// <summary>The version that is being written.</summary>
    public required int Version { get; init; }
    public required AccessContext By { get; init; }
    /// <summary>The new content, or null for a delete.</summary>
    public required Element? After { get; init; }
    /// <summary>The content that it replaces (also one deleted now), or null for a new resource.</summary>
    public required Element? Before { get; init; }

    /// <summary>Access keys (house.md 11): home organisation, patient (-1 = several), thread; 0 = none.</summary>
    public long Home { get; set; }
    public long Patient { get; set; }
    public long Thread { get; set; }
    /// <summary>Who alone may read it, whoever's it is.</summary>
    public Confinement Confined { get; set; }
    /// <summary>The label of the new content (see <see cref="Labels"/>).</summary>
    public int Label { get; set; }

    /// <summary>Set by a check: the rid of a resource that this new one only repeats. Then nothing is written, and that one is the answer.</summary>
    public long Repeats { get; set; }

    /// <summary>Extensions to splice into the stored text: url and the JSON of its value property, such as <c>"valueInteger":3</c>.</summary>
    public List<(string Url, string ValueJson)> Extensions { get; } = [];
}

/// <summary>The commit that the changes belong to.</summary>
public abstract class CommitScope
{
    /// <summary>Queries and projections in the commit's own transaction. Resource rows of this very commit are seen after <see cref="FlushAsync"/>.</summary>
    public abstract Session Session { get; }
    /// <summary>This commit's number, and its moment in µs since 1970 (never goes backwards; is meta.lastUpdated).</summary>
    public abstract long T { get; }
    public abstract long AtMicros { get; }

    /// <summary>The rid of a resource, reserved when there is none yet.</summary>
    public abstract ValueTask<long> RidAsync(ResourceKey key, CancellationToken stop);
    /// <summary>The current content of a resource as this commit sees it, or null.</summary>
    public abstract ValueTask<Element?> ReadAsync(ResourceKey key, CancellationToken stop);
    /// <summary>The same by rid.</summary>
    public abstract ValueTask<(ResourceKey Key, Element Resource)?> ReadAsync(long rid, CancellationToken stop);
    /// <summary>Writes out what the commit holds back, so that the session's queries see it.</summary>
    public abstract ValueTask FlushAsync(CancellationToken stop);
    /// <summary>Runs after the database has committed, and only then: to wake whoever waits. Must be quick and must not throw.</summary>
    public abstract void AfterCommit(Action announce);
}
