using System.Buffers.Binary;
using System.Security.Cryptography;
using Fhir.Server.Core.Elements;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Api.Blobs;

/// <summary>
/// Content in encrypted chunks of 256 KB, by its keyed hash (house.md 17). Written before the commit that refers to it and claimed
/// in that commit; what nobody claims within a day is swept away.
/// </summary>
public sealed class BlobStore(TenantDatabase database, BlobKey key, TimeProvider clock)
{
    private const int ChunkSize = 256 * 1024, NonceSize = 12, TagSize = 16;
    private static readonly Table Chunks = new("blob_chunk", new("hash", ColumnKind.Bytes), new("part", ColumnKind.Long), new("bytes", ColumnKind.Bytes));
    private static readonly Table Heads = new("blob_head", new("hash", ColumnKind.Bytes), new("size", ColumnKind.Long), new("at", ColumnKind.Long), new("claimed_t", ColumnKind.Long));

    /// <summary>Stores the content, unless it is there already, and says under which name. The commit lock is taken for a megabyte at a time.</summary>
    public async Task<byte[]> PutAsync(ReadOnlyMemory<byte> content, CancellationToken stop)
    {
        var hash = HMACSHA256.HashData(key.Naming, content.Span);
        if (await RenewAsync(hash, stop)) return hash;
        await InsertAsync(Heads, [[hash, (long)content.Length, Now, null]], stop);
        foreach (var some in Enumerable.Range(0, PartsOf(content.Length)).Chunk(4))
            await InsertAsync(Chunks, [.. some.Select(part => new object?[] { hash, (long)part, Encrypt(hash, part, Chunk(content, part)) })], stop);
        return hash;
    }

    private async Task InsertAsync(Table table, IReadOnlyList<object?[]> rows, CancellationToken stop)
    {
        await using var session = await database.WriteAsync(stop);
        await session.InsertAsync(table, rows, stop);
        await session.CommitAsync(stop);
    }

    /// <summary>True when the content is there, whole.</summary>
    public static async ValueTask<bool> IsThereAsync(Session session, byte[] hash, CancellationToken stop)
    {
        var size = await session.FirstAsync(Sql.Of($"select size from blob_head where hash = {hash}"), row => (long?)row.GetInt64(0), stop);
        return size is { } length && await session.FirstAsync(Sql.Of($"select count(*) from blob_chunk where hash = {hash}"), row => row.GetInt64(0), stop) == PartsOf(length);
    }

    private static int PartsOf(long size) => (int)Math.Max(1, (size + ChunkSize - 1) / ChunkSize);

    /// <summary>The content, or null when there is none of that name.</summary>
    public async Task<ReadOnlyMemory<byte>?> GetAsync(byte[] hash, CancellationToken stop)
    {
        await using var session = await database.ReadAsync(snapshot: true, stop);
        var size = await session.FirstAsync(Sql.Of($"select size from blob_head where hash = {hash}"), row => (long?)row.GetInt64(0), stop);
        if (size is not { } length) return null;
        var content = new byte[length];
        var parts = await session.QueryAsync(Sql.Of($"select part, bytes from blob_chunk where hash = {hash} order by part"), row => (Part: row.GetInt32(0), Bytes: (byte[])row.GetValue(1)), stop);
        foreach (var (part, bytes) in parts) Decrypt(key, hash, part, bytes, content.AsSpan(part * ChunkSize, bytes.Length - NonceSize - TagSize));
        return content;
    }

    /// <summary>Removes what was written more than a day ago and never claimed.</summary>
    public async Task<int> SweepAsync(CancellationToken stop)
    {
        var yesterday = Now - (long)TimeSpan.FromDays(1).TotalMicroseconds;
        await using var session = await database.WriteAsync(stop);
        await session.ExecuteAsync(Sql.Of($"delete from blob_chunk where hash in (select hash from blob_head where claimed_t is null and at < {yesterday})"), stop);
        var swept = await session.ExecuteAsync(Sql.Of($"delete from blob_head where claimed_t is null and at < {yesterday}"), stop);
        await session.CommitAsync(stop);
        return swept;
    }

    // What is there but unclaimed gets a new day, so that the sweeper does not take it between here and the commit.
    private async Task<bool> RenewAsync(byte[] hash, CancellationToken stop)
    {
        await using var session = await database.WriteAsync(stop);
        if (!await IsThereAsync(session, hash, stop)) return false;
        await session.ExecuteAsync(Sql.Of($"update blob_head set at = {Now} where hash = {hash} and claimed_t is null"), stop);
        await session.CommitAsync(stop);
        return true;
    }

    private static ReadOnlyMemory<byte> Chunk(ReadOnlyMemory<byte> content, int part) => content.Slice(part * ChunkSize, Math.Min(ChunkSize, content.Length - (part * ChunkSize)));

    private byte[] Encrypt(byte[] hash, int part, ReadOnlyMemory<byte> chunk)
    {
        var sealedChunk = new byte[NonceSize + chunk.Length + TagSize];
        var nonce = sealedChunk.AsSpan(0, NonceSize);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(key.Encryption, TagSize);
        aes.Encrypt(nonce, chunk.Span, sealedChunk.AsSpan(NonceSize, chunk.Length), sealedChunk.AsSpan(NonceSize + chunk.Length), Place(hash, part));
        return sealedChunk;
    }

    // A chunk that was altered or moved to another place does not open: that is a broken disk or an attack, never a caller's mistake.
    private static void Decrypt(BlobKey key, byte[] hash, int part, byte[] sealedChunk, Span<byte> content)
    {
        using var aes = new AesGcm(key.Encryption, TagSize);
        aes.Decrypt(sealedChunk.AsSpan(0, NonceSize), sealedChunk.AsSpan(NonceSize, content.Length), sealedChunk.AsSpan(NonceSize + content.Length), content, Place(hash, part));
    }

    /// <summary>True when the chunk was made with this key.</summary>
    internal static bool Opens(BlobKey key, byte[] hash, int part, byte[] sealedChunk)
    {
        try
        {
            Decrypt(key, hash, part, sealedChunk, new byte[sealedChunk.Length - NonceSize - TagSize]);
            return true;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static byte[] Place(byte[] hash, int part)
    {
        var place = new byte[hash.Length + 4];
        hash.CopyTo(place, 0);
        BinaryPrimitives.WriteInt32LittleEndian(place.AsSpan(hash.Length), part);
        return place;
    }

    private long Now => Micros.Of(clock.GetUtcNow());
}
