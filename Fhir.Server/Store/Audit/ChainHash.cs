using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Fhir.Server.Store.Audit;

/// <summary>The hash chain of the audit: each row's hash covers the hash before it and all columns of the row, each with its kind and length.</summary>
public static class ChainHash
{
    private const byte Nothing = 0, Number = 1, Letters = 2, Bytes = 3;
    private const int HashSize = SHA256.HashSizeInBytes, FieldHead = 9;

    /// <summary>What stands before the first row of a chain: no row of another stream or chain fits behind it.</summary>
    public static byte[] Start(string table, long chain) => Next([], [table, chain]);

    /// <summary>The hash of a row behind another.</summary>
    public static byte[] Next(ReadOnlySpan<byte> previous, ReadOnlySpan<object?> row)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Most(previous, row));
        try
        {
            previous.CopyTo(buffer);
            var length = previous.Length;
            foreach (var value in row) length += Write(buffer.AsSpan(length), value);
            var hash = new byte[HashSize];
            SHA256.HashData(buffer.AsSpan(0, length), hash);
            return hash;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer, clearArray: false);
        }
    }

    private static int Most(ReadOnlySpan<byte> previous, ReadOnlySpan<object?> row)
    {
        var most = previous.Length;
        foreach (var value in row) most += FieldHead + value switch { string text => Encoding.UTF8.GetMaxByteCount(text.Length), byte[] bytes => bytes.Length, _ => 0 };
        return most;
    }

    private static int Write(Span<byte> to, object? value)
    {
        switch (value)
        {
            case null:
                to[0] = Nothing;
                return 1;
            case long number:
                to[0] = Number;
                BinaryPrimitives.WriteInt64BigEndian(to[1..], number);
                return FieldHead;
            case string text:
                return Close(to, Letters, Encoding.UTF8.GetBytes(text, to[5..]));
            case byte[] bytes:
                bytes.CopyTo(to[5..]);
                return Close(to, Bytes, bytes.Length);
            default:
                throw new InvalidOperationException($"A column cannot hold {value.GetType().Name}.");
        }
    }

    private static int Close(Span<byte> to, byte kind, int length)
    {
        to[0] = kind;
        BinaryPrimitives.WriteInt32BigEndian(to[1..], length);
        return 5 + length;
    }
}
