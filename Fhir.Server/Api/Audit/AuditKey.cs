using System.Security.Cryptography;
using System.Text;
using Fhir.Server.Api.Identity;

namespace Fhir.Server.Api.Audit;

/// <summary>The key that signs the heads of the audit (ES256): of its own, in a file of the data folder that only its owner can read.</summary>
public sealed class AuditKey : IDisposable
{
    private const string FileName = "audit-signing.pem";
    private readonly ECDsa _key;

    private AuditKey(byte[] pem)
    {
        _key = ECDsa.Create();
        _key.ImportFromPem(Encoding.ASCII.GetString(pem));
        Id = Convert.ToHexStringLower(SHA256.HashData(_key.ExportSubjectPublicKeyInfo()))[..16];
    }

    public string Id { get; }

    public static AuditKey In(string keyFolder) => new(KeyFile.ReadOrMake(Path.Combine(keyFolder, FileName), MakePem));

    /// <summary>The key that is there; null when there is none.</summary>
    public static AuditKey? FoundIn(string keyFolder) => Path.Combine(keyFolder, FileName) is var path && File.Exists(path) ? new(File.ReadAllBytes(path)) : null;

    public byte[] Sign(ReadOnlySpan<byte> text) => _key.SignData(text, HashAlgorithmName.SHA256);
    public bool IsSignature(ReadOnlySpan<byte> text, ReadOnlySpan<byte> signature) => _key.VerifyData(text, signature, HashAlgorithmName.SHA256);
    public void Dispose() => _key.Dispose();

    private static byte[] MakePem()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem());
    }
}
