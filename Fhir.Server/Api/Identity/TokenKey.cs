using System.Security.Cryptography;
using Microsoft.IdentityModel.Tokens;

namespace Fhir.Server.Api.Identity;

/// <summary>The key that signs our own tokens: EC P-256, in a file of the data folder that only its owner can read.</summary>
public static class TokenKey
{
    public static ECDsaSecurityKey In(string keyFolder)
    {
        var pem = KeyFile.ReadOrMake(Path.Combine(keyFolder, "token-signing.pem"), MakePem);
        var key = ECDsa.Create();
        key.ImportFromPem(System.Text.Encoding.ASCII.GetString(pem));
        var parameters = key.ExportParameters(includePrivateParameters: false);
        return new(key) { KeyId = Base64UrlEncoder.Encode(SHA256.HashData([.. parameters.Q.X!, .. parameters.Q.Y!])[..12]) };
    }

    private static byte[] MakePem()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return System.Text.Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem());
    }
}
