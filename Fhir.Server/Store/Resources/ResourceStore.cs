using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;

namespace Fhir.Server.Store.Resources;

/// <summary>Remembers resources: reads, histories and commits. What the caller may not see is not found.</summary>
public sealed partial class ResourceStore
{
    /// <summary>The current version; NotFound when there is none or it is hidden, Gone when deleted.</summary>
    public Task<Result<ResourceVersion>> ReadAsync(ResourceKey key, AccessContext sees, CancellationToken stop) => throw new NotSupportedException();

    /// <summary>One version; Gone for the version that is a delete.</summary>
    public Task<Result<ResourceVersion>> ReadVersionAsync(VersionKey key, AccessContext sees, CancellationToken stop) => throw new NotSupportedException();

    public Task<Result<HistoryPage>> HistoryAsync(HistoryQuery query, AccessContext sees, CancellationToken stop) => throw new NotSupportedException();

    /// <summary>
    /// All writes or none, in one commit; single writes of many callers share a database transaction (house.md 7).
    /// An issue's Where starts with the write's own Where. Answers stand in the order of the writes.
    /// </summary>
    public Task<Result<IReadOnlyList<Written>>> CommitAsync(IReadOnlyList<Write> writes, AccessContext by, CancellationToken stop) => throw new NotSupportedException();
}
