using System.Collections.Frozen;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Rules;

namespace Fhir.Server.Api.Blobs;

/// <summary>A Binary's content is claimed in the commit that stores the Binary: from then on the sweeper leaves it.</summary>
public sealed class BlobClaim : ICommitRule
{
    public IReadOnlySet<string> Types { get; } = FrozenSet.ToFrozenSet(["Binary"], StringComparer.Ordinal);

    public async ValueTask<Issue?> CheckAsync(Change change, CommitScope scope, CancellationToken stop)
    {
        if (BinaryData.HashIn(change.After) is not { } hash) return null;
        return await BlobStore.IsThereAsync(scope.Session, hash, stop)
            ? null : new Issue(IssueKind.Conflict, "The content was swept away before it was referred to; send it again.", "Binary.data");
    }

    public async ValueTask ApplyAsync(Change change, CommitScope scope, CancellationToken stop)
    {
        if (BinaryData.HashIn(change.After) is not { } hash) return;
        await scope.Session.ExecuteAsync(Sql.Of($"update blob_head set claimed_t = {scope.T} where hash = {hash} and claimed_t is null"), stop);
    }
}
