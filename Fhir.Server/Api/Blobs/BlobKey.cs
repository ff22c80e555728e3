using System.Security.Cryptography;
using Fhir.Server.Api.Identity;

namespace Fhir.Server.Api.Blobs;

/// <summary>The tenant's key for attachments: 32 bytes in a file that the settings name, or in the data folder. One half encrypts, the other names content.</summary>
public sealed class BlobKey
{
    private const int KeySize = 32;

    private BlobKey(byte[] root)
    {
        Encryption = HKDF.DeriveKey(HashAlgorithmName.SHA256, root, KeySize, info: "attachment content"u8.ToArray());
        Mark = HKDF.DeriveKey(HashAlgorithmName.SHA256, root, KeySize, info: "attachment key"u8.ToArray());
        Naming = HKDF.DeriveKey(HashAlgorithmName.SHA256, root, KeySize, info: "attachment name"u8.ToArray());
    }

    internal byte[] Encryption { get; }
    internal byte[] Naming { get; }
    /// <summary>Tells this key from others, and nothing about it.</summary>
    internal byte[] Mark { get; }

    public static BlobKey For(ApiSettings settings)
    {
        var path = settings.BlobKeyFile ?? Path.Combine(settings.KeyFolder, "attachments.key");
        if (settings.BlobKeyFile is not null && !File.Exists(path)) throw new InvalidOperationException("The key file of the attachments that the settings name is not there.");
        var root = KeyFile.ReadOrMake(path, () => RandomNumberGenerator.GetBytes(KeySize));
        return root.Length >= KeySize ? new(root) : throw new InvalidOperationException("The key file of the attachments is too short: it has 32 bytes or more.");
    }
}
