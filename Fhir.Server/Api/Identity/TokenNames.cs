using System.Text;
using System.Text.Json;

namespace Fhir.Server.Api.Identity;

/// <summary>The issuer and audience of our own tokens. In demo mode they are kept in the data folder, so that a token is good on any address the server listens on.</summary>
public sealed record TokenNames(string Issuer, string Audience)
{
    public static readonly TokenNames Default = new("http://localhost:5080", "http://localhost:5080/fhir");

    public static TokenNames For(ApiSettings settings)
    {
        var asked = new TokenNames(settings.Issuer ?? Default.Issuer, settings.Audience ?? $"{settings.Issuer ?? Default.Issuer}/fhir");
        return settings.Demo ? Kept(settings.DataFolder, asked) : asked;
    }

    private static TokenNames Kept(string folder, TokenNames asked)
    {
        var text = KeyFile.ReadOrMake(Path.Combine(folder, "keys", "token-names.json"), () => JsonSerializer.SerializeToUtf8Bytes(asked));
        return JsonSerializer.Deserialize<TokenNames>(Encoding.UTF8.GetString(text)) ?? asked;
    }
}
