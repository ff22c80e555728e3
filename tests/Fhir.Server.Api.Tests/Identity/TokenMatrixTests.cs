using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fhir.Server.Api.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Fhir.Server.Api.Tests.Identity;

/// <summary>What a token must not get away with — RFC 8725. Every refusal has one shape and is audited.</summary>
public sealed class TokenMatrixTests(Shared shared) : IClassFixture<Shared>
{
    private House House => shared.House;
    private ECDsaSecurityKey Key => House.Services.GetRequiredService<ECDsaSecurityKey>();

    [Fact]
    public async Task A_good_token_is_taken() => Assert.Equal(200, (await House.With(Make()).Get("/me")).Code);

    [Fact]
    public async Task No_token_is_401_with_a_challenge()
    {
        var got = await House.As(null).Get("/fhir/Patient/1");
        Assert.Equal(401, got.Code);
        Assert.Equal("Bearer", got.Headers.WwwAuthenticate.ToString());
        Assert.NotNull(got.Places);
    }

    public static TheoryData<string> Bad => [
        "expired", "not yet", "wrong issuer", "wrong audience", "no expiry", "typ JWT", "typ id_token", "no typ", "alg none", "alg None", "HS256 with the public key", "other key", "ES384",
        "kid traversal", "embedded jwk", "jku", "x5u", "crit", "two parts", "five parts", "signature cut", "signature zero", "payload changed", "no sub", "sub twice", "no scope", "rubbish", "empty", "huge"];

    [Theory]
    [MemberData(nameof(Bad))]
    public async Task T134_A_bad_token_is_401_in_one_shape(string what)
    {
        var got = await House.With(Spoil(what)).Get("/fhir/Patient/1");
        if (what == "huge")   // Kestrel refuses the header before we see it
        {
            Assert.Equal(431, got.Code);
            return;
        }
        Assert.Equal(401, got.Code);
        Assert.Equal("Bearer error=\"invalid_token\"", got.Headers.WwwAuthenticate.ToString());
        Assert.Equal("A valid bearer token is needed.", (string)got.Json["issue"]![0]!["diagnostics"]!);
    }

    [Theory]
    [InlineData("HS256 with the public key")]
    [InlineData("embedded jwk")]
    public async Task A_bad_token_stays_bad_when_a_good_one_was_seen(string what)
    {
        await House.With(Make()).Get("/me");
        Assert.Equal(401, (await House.With(Spoil(what)).Get("/me")).Code);
    }

    [Fact]
    public async Task A_token_of_another_house_is_refused()
    {
        await using var other = await House.OpenAsync();
        Assert.Equal(401, (await House.With(other.Tokens.Issue(House.TokenOf("dr.jansen"))).Get("/me")).Code);
    }

    [Fact]
    public async Task Only_the_hub_takes_a_token_from_the_query()
    {
        Assert.Equal(401, (await House.As(null).Get($"/fhir/Patient/1?access_token={Make()}")).Code);
        Assert.Equal(401, (await House.As(null).Get($"/me?access_token={Make()}")).Code);
    }

    [Fact]
    public async Task A_token_that_is_known_ends_when_it_expires()
    {
        var clock = new MovingClock();
        await using var house = await House.OpenAsync(clock: clock);
        var client = house.As("dr.jansen");
        Assert.Equal(200, (await client.Get("/me")).Code);
        clock.Forward(TimeSpan.FromMinutes(11));
        Assert.Equal(401, (await client.Get("/me")).Code);
    }

    private static Dictionary<string, object> Claims() => new(StringComparer.Ordinal)
    {
        ["sub"] = "dr.jansen", ["client_id"] = "test", ["jti"] = "1", ["scope"] = "user/*.cruds", ["practitioner_role"] = "PractitionerRole/dr.jansen",
    };

    private string Make(Action<SecurityTokenDescriptor>? with = null, bool times = true)
    {
        var now = DateTime.UnixEpoch.AddSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());
        var descriptor = new SecurityTokenDescriptor
        {
            TokenType = "at+jwt", Issuer = TokenNames.Default.Issuer, Audience = TokenNames.Default.Audience, IssuedAt = now, NotBefore = now, Expires = now.AddMinutes(5),
            SigningCredentials = new(Key, SecurityAlgorithms.EcdsaSha256), Claims = Claims(),
        };
        with?.Invoke(descriptor);
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = times }.CreateToken(descriptor);
    }

    private string Spoil(string what) => what switch
    {
        "expired" => Make(d => (d.IssuedAt, d.NotBefore, d.Expires) = (d.IssuedAt!.Value.AddHours(-2), d.NotBefore!.Value.AddHours(-2), d.Expires!.Value.AddHours(-1))),
        "not yet" => Make(d => (d.NotBefore, d.Expires) = (d.NotBefore!.Value.AddHours(1), d.Expires!.Value.AddHours(1))),
        "wrong issuer" => Make(d => d.Issuer = "http://localhost:5081"),
        "wrong audience" => Make(d => d.Audience = "http://localhost:5080/other"),
        "no expiry" => Make(d => d.Expires = null, times: false),
        "typ JWT" => Make(d => d.TokenType = "JWT"),
        "typ id_token" => Make(d => d.TokenType = "logout+jwt"),
        "no typ" => Forge(header => header.Remove("typ"), sign: true),
        "alg none" => Forge(header => header["alg"] = "none", sign: false),
        "alg None" => Forge(header => header["alg"] = "None", sign: false),
        "HS256 with the public key" => WithPublicKeyAsSecret(),
        "other key" => Make(d => d.SigningCredentials = new(new ECDsaSecurityKey(ECDsa.Create(ECCurve.NamedCurves.nistP256)) { KeyId = Key.KeyId }, SecurityAlgorithms.EcdsaSha256)),
        "ES384" => Make(d => d.SigningCredentials = new(new ECDsaSecurityKey(ECDsa.Create(ECCurve.NamedCurves.nistP384)) { KeyId = Key.KeyId }, SecurityAlgorithms.EcdsaSha384)),
        "kid traversal" => Make(d => d.SigningCredentials = new(new ECDsaSecurityKey(ECDsa.Create(ECCurve.NamedCurves.nistP256)) { KeyId = "../../../../dev/null" }, SecurityAlgorithms.EcdsaSha256)),
        "embedded jwk" => WithOwnKey(),
        "jku" => WithOwnKey(header => header["jku"] = "http://127.0.0.1:1/keys"),
        "x5u" => WithOwnKey(header => header["x5u"] = "http://127.0.0.1:1/cert"),
        "crit" => Forge(header => header["crit"] = new JsonArray("exp-2"), sign: true),
        "two parts" => Make()[..Make().LastIndexOf('.')],
        "five parts" => Make() + ".a.b",
        "signature cut" => Make()[..^10],
        "signature zero" => Make()[..(Make().LastIndexOf('.') + 1)] + Base64UrlEncoder.Encode(new byte[64]),
        "payload changed" => Change(),
        "no sub" => Make(d => d.Claims.Remove("sub")),
        "sub twice" => Make(d => d.Claims["sub"] = (string[])["dr.jansen", "integrator"]),
        "no scope" => Make(d => d.Claims.Remove("scope")),
        "rubbish" => "not.a.token",
        "empty" => "",
        "huge" => new string('a', 40_000),   // little enough to be sent whole before Kestrel hangs up
        _ => throw new ArgumentOutOfRangeException(nameof(what)),
    };

    private string Forge(Action<JsonObject> header, bool sign, ECDsa? key = null)
    {
        var parts = Make().Split('.');
        var head = JsonNode.Parse(Base64UrlEncoder.Decode(parts[0]))!.AsObject();
        header(head);
        var signed = $"{Base64UrlEncoder.Encode(head.ToJsonString())}.{parts[1]}";
        return $"{signed}.{(sign ? Base64UrlEncoder.Encode((key ?? Key.ECDsa).SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256)) : "")}";
    }

    private string WithOwnKey(Action<JsonObject>? also = null)
    {
        var mine = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var point = mine.ExportParameters(includePrivateParameters: false).Q;
        return Forge(header =>
        {
            header["jwk"] = new JsonObject { ["kty"] = "EC", ["crv"] = "P-256", ["x"] = Base64UrlEncoder.Encode(point.X), ["y"] = Base64UrlEncoder.Encode(point.Y) };
            also?.Invoke(header);
        }, sign: true, mine);
    }

    private string WithPublicKeyAsSecret()
    {
        var parts = Make().Split('.');
        var signed = $"{Base64UrlEncoder.Encode(JsonSerializer.Serialize(new { alg = "HS256", typ = "at+jwt", kid = Key.KeyId }))}.{parts[1]}";
        return $"{signed}.{Base64UrlEncoder.Encode(HMACSHA256.HashData(Key.ECDsa.ExportSubjectPublicKeyInfo(), Encoding.ASCII.GetBytes(signed)))}";
    }

    private string Change()
    {
        var parts = Make().Split('.');
        var payload = JsonNode.Parse(Base64UrlEncoder.Decode(parts[1]))!.AsObject();
        payload["sub"] = "integrator";
        return $"{parts[0]}.{Base64UrlEncoder.Encode(payload.ToJsonString())}.{parts[2]}";
    }
}
