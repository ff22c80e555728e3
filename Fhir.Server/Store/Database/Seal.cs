using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Fhir.Server.Store.Database;

/// <summary>
/// Closes what leaves the server inside a token (page positions, commit numbers): AES-GCM under a key of the tenant, bound to a
/// purpose, so that a token can be neither read, forged nor used elsewhere. Epoch changes when the database is restored.
/// </summary>
public sealed class Seal
{
    private const int NonceSize = 12, TagSize = 16;
    private readonly byte[] _key;

    public long Epoch { get; }

    private Seal(byte[] key, long epoch) => (_key, Epoch) = (key, epoch);

    /// <summary>Reads the tenant's key, or makes it at the first start.</summary>
    public static async Task<Seal> LoadAsync(TenantDatabase database, CancellationToken stop)
    {
        await using var session = await database.WriteAsync(stop);
        var key = await SettingAsync(session, "seal-key", 32, stop);
        var epoch = await SettingAsync(session, "epoch", 8, stop);
        await session.CommitAsync(stop);
        return new(key, BitConverter.ToInt64(epoch));
    }

    /// <summary>A random value kept in the table <c>setting</c>, made when it is not there.</summary>
    public static async Task<byte[]> SettingAsync(WriteSession session, string name, int size, CancellationToken stop)
    {
        if (await session.FirstAsync(Sql.Of($"select value from setting where name = {name}"), r => (byte[])r.GetValue(0), stop) is { } there) return there;
        var made = RandomNumberGenerator.GetBytes(size);
        await session.ExecuteAsync(Sql.Of($"insert into setting(name, value) values({name}, {made})"), stop);
        return made;
    }

    /// <summary>True for the seal of the same database, or of a copy of it.</summary>
    public bool IsSameAs(Seal other) => CryptographicOperations.FixedTimeEquals(_key, other._key);

    public string Close(string purpose, ReadOnlySpan<byte> content)
    {
        var token = new byte[NonceSize + content.Length + TagSize];
        RandomNumberGenerator.Fill(token.AsSpan(0, NonceSize));
        using var aes = new AesGcm(_key, TagSize);
        aes.Encrypt(token.AsSpan(0, NonceSize), content, token.AsSpan(NonceSize, content.Length), token.AsSpan(NonceSize + content.Length), Encoding.UTF8.GetBytes(purpose));
        return Base64Url.EncodeToString(token);
    }

    /// <summary>The content, or null for a token that we did not make for this purpose.</summary>
    public byte[]? Open(string purpose, string token)
    {
        if (!Base64Url.IsValid(token)) return null;
        var bytes = Base64Url.DecodeFromChars(token);
        if (bytes.Length < NonceSize + TagSize) return null;
        var content = new byte[bytes.Length - NonceSize - TagSize];
        using var aes = new AesGcm(_key, TagSize);
        try
        {
            aes.Decrypt(bytes.AsSpan(0, NonceSize), bytes.AsSpan(NonceSize, content.Length), bytes.AsSpan(bytes.Length - TagSize), content, Encoding.UTF8.GetBytes(purpose));
            return content;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    /// <summary>Sixteen bytes under another name, always the same one: for an id that must not tell its number.</summary>
    public byte[] Mask(string purpose, ReadOnlySpan<byte> block)
    {
        using var aes = Cipher(purpose);
        return aes.EncryptEcb(block, PaddingMode.None);
    }

    /// <summary>The way back. Whoever asks makes sure that it is a block of ours.</summary>
    public byte[] Unmask(string purpose, ReadOnlySpan<byte> block)
    {
        using var aes = Cipher(purpose);
        return aes.DecryptEcb(block, PaddingMode.None);
    }

    private Aes Cipher(string purpose)
    {
        var aes = Aes.Create();
        aes.Key = HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(purpose));
        return aes;
    }
}
