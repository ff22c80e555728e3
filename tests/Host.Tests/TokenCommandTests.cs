using Fhir.Server.Core.Outcomes;
using Host.CommandLine;
using Host.Settings;
using Microsoft.Extensions.Configuration;
using Microsoft.IdentityModel.JsonWebTokens;

namespace Host.Tests;

/// <summary>What the tokens of ./start token say.</summary>
public sealed class TokenCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("samenspraak-token-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private Result<string> Issue(params string[] words)
    {
        Assert.False(Arguments.Read(["token", .. words, $"--Data:Folder={_folder}"]).Failed(out _, out var arguments));
        Assert.False(HouseSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(arguments!.Options).Build(), _folder).Failed(out _, out var settings));
        return TokenCommand.Issue(arguments, settings!, TimeProvider.System);
    }

    private Dictionary<string, string> Claims(params string[] words)
    {
        Assert.False(Issue(words).Failed(out var issue, out var text), issue?.Text);
        return new JsonWebToken(text).Claims.ToDictionary(c => c.Type, c => c.Value, StringComparer.Ordinal);
    }

    [Fact]
    public void A_clinicians_token_names_her_role_and_all_her_rights()
    {
        var claims = Claims("--user", "dr.jansen");
        Assert.Equal(("PractitionerRole/dr.jansen", "user/*.cruds"), (claims["practitioner_role"], claims["scope"]));
        Assert.Empty(claims.Keys.Intersect(["patient", "on_behalf_of", "acr", "auth_time", "fhirUser", "role"]));
    }

    [Theory]
    [InlineData("Patient/patient-01", "patient")]
    [InlineData("RelatedPerson/dochter", "proxy")]
    public void A_patient_and_who_speaks_for_one_read_what_is_theirs(string user, string role)
    {
        var claims = Claims("--user", user);
        Assert.Equal((role, user, "patient/*.rs"), (claims["role"], claims["fhirUser"], claims["scope"]));
        Assert.DoesNotContain("practitioner_role", claims.Keys);
    }

    [Fact]
    public void The_patient_in_context_the_principal_and_the_step_up_are_said_when_asked()
    {
        var claims = Claims("--user", "s.dewit", "--patient", "patient-01", "--on-behalf-of", "dr.jansen", "--step-up", "--scope", "patient/*.rs");
        Assert.Equal(("patient-01", "PractitionerRole/dr.jansen", "patient/*.rs"), (claims["patient"], claims["on_behalf_of"], claims["scope"]));
        Assert.Equal(("urn:samenspraak:step-up", claims["iat"]), (claims["acr"], claims["auth_time"]));
        Assert.Equal("urn:my-own", Claims("--user", "dr.jansen", "--step-up", "--Authentication:StepUpAcr=urn:my-own")["acr"]);
    }

    [Theory]
    [InlineData("--user", "dr.nobody")]
    [InlineData("--user", "Patient/")]
    [InlineData("--user", "Practitioner/dr.jansen")]
    [InlineData("--user", "s.dewit", "--on-behalf-of", "his-delinde")]
    [InlineData("--user", "s.dewit", "--on-behalf-of", "nobody")]
    [InlineData("--user", "s.dewit", "--step-up=often")]
    public void What_is_not_understood_gives_no_token(params string[] words)
    {
        Assert.True(Issue(words).Failed(out var issue, out _));
        Assert.Equal("usage", issue!.Code);
    }
}
