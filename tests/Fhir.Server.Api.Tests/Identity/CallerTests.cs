using Fhir.Server.Api.Identity;
using Fhir.Server.Store.Access;
using Microsoft.Extensions.DependencyInjection;

namespace Fhir.Server.Api.Tests.Identity;

/// <summary>From a good token to what its holder may do.</summary>
public sealed class CallerTests(Shared shared) : IClassFixture<Shared>
{
    private House House => shared.House;

    [Fact]
    public async Task Me_tells_role_and_organisation()
    {
        var me = (await House.As("dr.jansen").Get("/me")).Json;
        Assert.Equal(("dr.jansen", "dr.jansen", "gp"), ((string)me["name"]!, (string)me["display"]!, (string)me["role"]!));
        Assert.Equal("PractitionerRole/dr.jansen", (string)me["practitionerRole"]!);
        Assert.Equal("Practitioner/dr.jansen", (string)me["practitioner"]!);
        Assert.Equal(("Organization/de-linde", "de-linde"), ((string)me["organization"]!, (string)me["organizationDisplay"]!));
        Assert.Null((await House.As("privacy").Get("/me")).Json["organization"]);
    }

    [Fact]
    public async Task A_role_that_ended_gives_no_access_at_once()
    {
        await Clinic.HireAsync(House.As("integrator"), "dr.leaving", "gp", "de-linde");
        var leaving = House.As("dr.leaving");
        Assert.Equal(200, (await leaving.Get("/me")).Code);
        await Clinic.HireAsync(House.As("integrator"), "dr.leaving", "gp", "de-linde", active: false);
        Assert.Equal(403, (await leaving.Get("/me")).Code);
    }

    [Fact]
    public async Task Who_has_no_role_here_has_no_access()
    {
        Assert.Equal(403, (await House.As("dr.nobody").Get("/me")).Code);
        Assert.Equal(403, (await House.With(House.Tokens.Issue(new("x", House.AllRights, TimeSpan.FromMinutes(1)))).Get("/me")).Code);
        Assert.Equal(403, (await House.With(House.Tokens.Issue(new("x", House.AllRights, TimeSpan.FromMinutes(1)) { Role = Role.Gp, Organization = "Organization/de-linde" })).Get("/me")).Code);
        Assert.Equal(403, (await House.With(House.Tokens.Issue(House.TokenOf("his-delinde") with { Organization = "Organization/nowhere" })).Get("/me")).Code);
    }

    [Fact]
    public async Task The_integrator_exists_in_the_demo_only()
    {
        await using var real = await House.OpenAsync(set: s => s with { Demo = false }, furnished: false);
        Assert.Equal(403, (await real.As("integrator").Get("/me")).Code);
        Assert.Equal(200, (await House.As("integrator").Get("/me")).Code);
    }

    [Theory]
    [InlineData("user/Patient.r", "GET", 404)]
    [InlineData("user/Patient.read", "GET", 404)]
    [InlineData("user/Patient.c", "GET", 403)]
    [InlineData("user/Observation.r", "GET", 403)]
    [InlineData("user/Patient.sr", "GET", 403)]
    [InlineData("patient/*.cruds", "GET", 403)]
    [InlineData("user/Patient.r?gender=male", "GET", 403)]
    [InlineData("", "GET", 403)]
    [InlineData("user/Patient.r", "DELETE", 403)]
    [InlineData("user/Patient.write", "DELETE", 404)]
    public async Task A_scope_covers_its_type_and_its_letters(string scope, string method, int status)
    {
        var got = await House.As("dr.jansen", scope).Send(method, "/fhir/Patient/never", null);
        Assert.Equal(status, got.Code);
        if (status == 403) Assert.Equal("Bearer error=\"insufficient_scope\"", got.Headers.WwwAuthenticate.ToString());
    }

    [Fact]
    public async Task T135_Who_may_create_but_not_read_gets_no_echo()
    {
        var made = await House.As("dr.jansen", "user/Patient.c").Post("/fhir/Patient", """{"resourceType":"Patient"}""");
        Assert.Equal((201, ""), (made.Code, made.Text));
    }

    [Fact]
    public async Task T132_What_is_hidden_looks_exactly_like_what_is_not_there()
    {
        var id = await House.As("dr.jansen").NewPatient("Geheim");
        foreach (var stranger in (string[])["dr.bakker", "dr.devries", "admin", "privacy"])
        {
            var (hidden, absent) = (await House.As(stranger).Get($"/fhir/Patient/{id}"), await House.As(stranger).Get("/fhir/Patient/absent"));
            Assert.Equal(404, hidden.Code);
            Assert.Equal(absent.Text, hidden.Text);
            Assert.Equal(404, (await House.As(stranger).Get($"/fhir/Patient/{id}/_history")).Code);
            Assert.Equal(404, (await House.As(stranger).Get($"/fhir/Patient/{id}/_history/1")).Code);
        }
        var (put, putAbsent) = (await House.As("dr.bakker").Put($"/fhir/Patient/{id}", $$"""{"resourceType":"Patient","id":"{{id}}"}"""), await House.As("dr.bakker").Put("/fhir/Patient/absent", """{"resourceType":"Patient","id":"absent"}"""));
        Assert.Equal((putAbsent.Code, putAbsent.Text), (put.Code, put.Text));
        var (match, matchAbsent) = (await House.As("dr.bakker").Put($"/fhir/Patient/{id}", $$"""{"resourceType":"Patient","id":"{{id}}"}""", ("If-Match", "W/\"1\"")), await House.As("dr.bakker").Put("/fhir/Patient/absent", """{"resourceType":"Patient","id":"absent"}""", ("If-Match", "W/\"1\"")));
        Assert.Equal((matchAbsent.Code, matchAbsent.Text), (match.Code, match.Text));
        Assert.Equal((await House.As("dr.bakker").Delete("/fhir/Patient/absent")).Text, (await House.As("dr.bakker").Delete($"/fhir/Patient/{id}")).Text);
    }

    [Fact]
    public async Task The_practice_system_sees_its_practice()
    {
        var id = await House.As("dr.jansen").NewPatient();
        Assert.Equal(200, (await House.As("his-delinde").Get($"/fhir/Patient/{id}")).Code);
    }

    [Fact]
    public async Task A_home_organisation_is_named_by_whoever_sees_the_whole_tenant_and_by_nobody_else()
    {
        const string body = """{"resourceType":"Patient"}""";
        var imported = await House.As("integrator").Post("/fhir/Patient", body, ("X-Home-Organization", "Organization/de-linde"));
        Assert.Equal(200, (await House.As("dr.jansen").Get($"/fhir/Patient/{imported.Id}")).Code);
        var pushed = await House.As("dr.bakker").Post("/fhir/Patient", body, ("X-Home-Organization", "Organization/de-linde"));
        Assert.Equal(404, (await House.As("dr.jansen").Get($"/fhir/Patient/{pushed.Id}")).Code);
        Assert.Equal(200, (await House.As("dr.bakker").Get($"/fhir/Patient/{pushed.Id}")).Code);
    }

    [Fact]
    public async Task No_scheme_is_the_default_or_every_request_would_pay_for_a_signature_check()
    {
        await using var house = await House.OpenAsync(furnished: false);
        var schemes = house.Services.GetRequiredService<Microsoft.AspNetCore.Authentication.IAuthenticationSchemeProvider>();
        Assert.Null(await schemes.GetDefaultAuthenticateSchemeAsync());
    }
}
