using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Fhir.Server.Store.Search;

/// <summary>SipHash-2-4 under the tenant's key (https://www.aumasson.jp/siphash/siphash.pdf): index values tell nothing without the key, and nobody can choose texts that collide.</summary>
public sealed class KeyedHash
{
    private const int OnStack = 512;
    private readonly ulong _k0, _k1;

    public KeyedHash(ReadOnlySpan<byte> key)
    {
        if (key.Length != 16) throw new ArgumentException("The key has 16 bytes.", nameof(key));
        _k0 = BinaryPrimitives.ReadUInt64LittleEndian(key);
        _k1 = BinaryPrimitives.ReadUInt64LittleEndian(key[8..]);
    }

    /// <summary>The hash of a text of some kind; the same text of another kind has another hash.</summary>
    public long Of(char kind, string text) => Of(kind, "", text);

    /// <summary>The hash of two texts; where the first ends is part of it.</summary>
    public long Of(char kind, string first, string second)
    {
        var length = first.Length + second.Length + 2;
        var buffer = length <= OnStack ? stackalloc char[OnStack] : new char[length];
        buffer[0] = kind;
        first.CopyTo(buffer[1..]);
        buffer[first.Length + 1] = '\0';
        second.CopyTo(buffer[(first.Length + 2)..]);
        return (long)Of(MemoryMarshal.AsBytes(buffer[..length]));
    }

    /// <summary>One hash out of two: a composite.</summary>
    public long Of(long first, long second)
    {
        Span<byte> both = stackalloc byte[16];
        BinaryPrimitives.WriteInt64LittleEndian(both, first);
        BinaryPrimitives.WriteInt64LittleEndian(both[8..], second);
        return (long)Of(both);
    }

    internal ulong Of(ReadOnlySpan<byte> data)
    {
        var v0 = _k0 ^ 0x736f6d6570736575UL;
        var v1 = _k1 ^ 0x646f72616e646f6dUL;
        var v2 = _k0 ^ 0x6c7967656e657261UL;
        var v3 = _k1 ^ 0x7465646279746573UL;
        var last = (ulong)data.Length << 56;
        for (; data.Length >= 8; data = data[8..])
        {
            var word = BinaryPrimitives.ReadUInt64LittleEndian(data);
            v3 ^= word;
            Round(ref v0, ref v1, ref v2, ref v3);
            Round(ref v0, ref v1, ref v2, ref v3);
            v0 ^= word;
        }
        for (var i = 0; i < data.Length; i++) last |= (ulong)data[i] << (8 * i);
        v3 ^= last;
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        v0 ^= last;
        v2 ^= 0xff;
        for (var i = 0; i < 4; i++) Round(ref v0, ref v1, ref v2, ref v3);
        return v0 ^ v1 ^ v2 ^ v3;
    }

    private static void Round(ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
    {
        v0 += v1; v1 = BitOperations.RotateLeft(v1, 13); v1 ^= v0; v0 = BitOperations.RotateLeft(v0, 32);
        v2 += v3; v3 = BitOperations.RotateLeft(v3, 16); v3 ^= v2;
        v0 += v3; v3 = BitOperations.RotateLeft(v3, 21); v3 ^= v0;
        v2 += v1; v1 = BitOperations.RotateLeft(v1, 17); v1 ^= v2; v2 = BitOperations.RotateLeft(v2, 32);
    }
}
