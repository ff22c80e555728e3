using System.Security.Cryptography;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Api.Blobs;

/// <summary>That all nodes of a database have the same key for its attachments: what one stored under a key of its own the others could not read.</summary>
public static class BlobKeyCheck
{
    private const string Setting = "attachments-key";

    /// <summary>The first node leaves a mark of its key; an issue when the mark that is there is another key's.</summary>
    public static async Task<Issue?> RefusedAsync(TenantDatabase database, BlobKey key, CancellationToken stop)
    {
        await using var session = await database.WriteAsync(stop);
        if (await session.FirstAsync(Sql.Of($"select value from setting where name = {Setting}"), r => (byte[])r.GetValue(0), stop) is { } mark)
            return CryptographicOperations.FixedTimeEquals(mark, key.Mark) ? null : Other;
        if (await session.FirstAsync(Sql.Of($"select hash, part, bytes from blob_chunk limit 1"), r => ((byte[])r.GetValue(0), r.GetInt32(1), (byte[])r.GetValue(2)), stop) is ({ } hash, var part, var bytes) && !BlobStore.Opens(key, hash, part, bytes)) return Other;
        await session.ExecuteAsync(Sql.Of($"insert into setting(name, value) values({Setting}, {key.Mark})"), stop);
        await session.CommitAsync(stop);
        return null;
    }

    private static Issue Other => new(IssueKind.Conflict, "The attachments in this database are encrypted with another key: give all nodes the same keys/attachments.key, or name one file in Attachments:KeyFile.");
}
