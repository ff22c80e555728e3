using System.Buffers.Binary;
using Fhir.Server.Store.Database;

namespace Fhir.Messaging.Realtime;

/// <summary>Up to which commit an owner has heard everything: sealed, hers only, and void when the database was restored (another epoch).</summary>
public sealed class SyncToken(Seal seal)
{
    private const string Purpose = "sync";

    public string Of(long t, long owner)
    {
        Span<byte> content = stackalloc byte[24];
        BinaryPrimitives.WriteInt64LittleEndian(content, t);
        BinaryPrimitives.WriteInt64LittleEndian(content[8..], owner);
        BinaryPrimitives.WriteInt64LittleEndian(content[16..], seal.Epoch);
        return seal.Close(Purpose, content);
    }

    /// <summary>The commit number, or null when the token is not this owner's, not ours, or of another epoch.</summary>
    public long? Read(string token, long owner) =>
        seal.Open(Purpose, token) is { Length: 24 } content
        && BinaryPrimitives.ReadInt64LittleEndian(content.AsSpan(8)) == owner
        && BinaryPrimitives.ReadInt64LittleEndian(content.AsSpan(16)) == seal.Epoch
            ? BinaryPrimitives.ReadInt64LittleEndian(content) : null;
}
