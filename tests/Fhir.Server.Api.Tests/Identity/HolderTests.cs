using Fhir.Server.Api.Identity;
using Fhir.Server.Store.Access;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Fhir.Server.Api.Tests.Identity;

/// <summary>Who stands behind a token: what it claims, and what the record says of it. In doubt: no access.</summary>
public sealed class HolderTests(Shared shared) : IClassFixture<Shared>
{
    private const string RoleSystem = "https://samenspraak.example/fhir/CodeSystem/clinic-role", KindSystem = "https://samenspraak.example/fhir/CodeSystem/organization-kind";
    private static int s_next;

    private House House => shared.House;
    private Client Jansen => House.As("dr.jansen");
    private Client Integrator => House.As("integrator");

    private static string NewId() => $"holder-{Interlocked.Increment(ref s_next)}";

    private static async Task MustAsync(Task<Got> write)
    {
        var got = await write;
        Assert.True(got.Code is 200 or 201, got.Text);
    }

    private async Task<int> MeAsync(string user, Func<TokenFor, TokenFor>? with = null) => (await House.As(user, with: with).Get("/me")).Code;

    private async Task<string> RelatedAsync(Client by, string patient, string more = "")
    {
        var made = await by.Post("/fhir/RelatedPerson", $$"""{"resourceType":"RelatedPerson",{{more}}"patient":{"reference":"Patient/{{patient}}"} }""");
        Assert.True(made.Code == 201, made.Text);
        return $"RelatedPerson/{made.Id}";
    }

    private async Task<string> HireAsync(string role, string organization, string more = "", string practitioner = "", string active = """ "active":true, """)
    {
        var id = NewId();
        await MustAsync(Integrator.Put($"/fhir/Practitioner/{id}", $$"""{"resourceType":"Practitioner","id":"{{id}}",{{practitioner}}"name":[{"text":"x"}]}"""));
        await MustAsync(Integrator.Put($"/fhir/PractitionerRole/{id}",
            $$"""
            {"resourceType":"PractitionerRole","id":"{{id}}",{{active}}{{more}}"practitioner":{"reference":"Practitioner/{{id}}"},"organization":{"reference":"Organization/{{organization}}"},
            "code":[{"coding":[{"system":"{{RoleSystem}}","code":"{{role}}"}]}]}
            """));
        return id;
    }

    [Fact]
    public async Task A_patient_in_context_who_is_hidden_and_one_who_is_missing_are_the_same()
    {
        var (own, hidden) = (await Jansen.NewPatient(), await House.As("dr.bakker").NewPatient());
        var observation = """{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/PATIENT"}}""";
        foreach (var scope in (string[])["patient/*.cruds", "patient/*.cruds user/*.cruds", "user/*.cruds"])
        {
            async Task<List<string>> AnswersAsync(string patient)
            {
                var client = House.As("dr.jansen", scope, t => t with { Patient = patient });
                Got[] got = [await client.Get("/me"), await client.Get($"/fhir/Patient/{patient}"), await client.Get("/fhir/Patient"), await client.Get($"/fhir/Observation?patient={patient}"),
                    await client.Post("/fhir/Observation", observation.Replace("PATIENT", patient, StringComparison.Ordinal))];
                return [.. got.Select(g => $"{g.Code} {g.Text.Replace(patient, "it", StringComparison.Ordinal)}")];
            }
            Assert.Equal(await AnswersAsync("never-was-there"), await AnswersAsync(hidden));
            Assert.Equal(200, (await House.As("dr.jansen", scope, t => t with { Patient = own }).Get("/me")).Code);
        }
    }

    [Fact]
    public async Task A_patient_has_access_while_her_record_is_active_and_sees_herself_only()
    {
        var (ann, bob) = (await Jansen.NewPatient(), await Jansen.NewPatient());
        var me = (await House.As($"Patient/{ann}").Get("/me")).Json;
        Assert.Equal(("patient", $"Patient/{ann}"), ((string)me["role"]!, (string)me["patients"]![0]!));
        Assert.Equal((200, 404), ((await House.As($"Patient/{ann}", "patient/*.rs").Get($"/fhir/Patient/{ann}")).Code, (await House.As($"Patient/{ann}", "patient/*.rs user/*.rs").Get($"/fhir/Patient/{bob}")).Code));
        Assert.Equal(403, await MeAsync("Patient/nobody"));
        Assert.Equal(403, await MeAsync($"Patient/{ann}", t => t with { FhirUser = null }));
        Assert.Equal(403, await MeAsync($"Patient/{ann}", t => t with { FhirUser = "Practitioner/dr.jansen" }));
        Assert.Equal(403, await MeAsync($"Patient/{ann}", t => t with { Role = Role.Proxy }));
        Assert.Equal(403, await MeAsync($"Patient/{ann}", t => t with { PractitionerRole = "PractitionerRole/dr.jansen" }));
        await MustAsync(Jansen.Put($"/fhir/Patient/{bob}", $$"""{"resourceType":"Patient","id":"{{bob}}","active":false}"""));
        Assert.Equal(403, await MeAsync($"Patient/{bob}"));
    }

    [Fact]
    public async Task A_proxy_speaks_for_her_patient_while_the_patients_own_practice_says_so()
    {
        var ann = await Jansen.NewPatient();
        var me = (await House.As(await RelatedAsync(Jansen, ann)).Get("/me")).Json;
        Assert.Equal(("proxy", $"Patient/{ann}"), ((string)me["role"]!, (string)me["patients"]![0]!));
        Assert.Equal(200, await MeAsync(await RelatedAsync(Jansen, ann, """ "active":true,"period":{"start":"2020-01-01","end":"2999"}, """)));
        Assert.Equal(403, await MeAsync(await RelatedAsync(Jansen, ann, """ "active":false, """)));
        Assert.Equal(403, await MeAsync(await RelatedAsync(Jansen, ann, """ "period":{"end":"2020-01-01"}, """)));
        Assert.Equal(403, await MeAsync(await RelatedAsync(Jansen, ann, """ "period":{"start":"2999-01-01"}, """)));
        Assert.Equal(403, await MeAsync(await RelatedAsync(House.As("integrator"), ann)));   // belongs to no practice
        Assert.Equal(403, await MeAsync("RelatedPerson/nobody"));
        var imported = await Integrator.NewPatient();   // of no practice: nobody vouches
        Assert.Equal(403, await MeAsync(await RelatedAsync(Integrator, imported)));
    }

    [Fact]
    public async Task Nobody_of_another_practice_makes_a_proxy()
    {
        var ann = await Jansen.NewPatient();
        var made = await Integrator.Post("/fhir/RelatedPerson", $$"""{"resourceType":"RelatedPerson","patient":{"reference":"Patient/{{ann}}"} }""", ("X-Home-Organization", "Organization/rijnmond"));
        Assert.Equal(403, await MeAsync($"RelatedPerson/{made.Id}"));
        made = await Integrator.Post("/fhir/RelatedPerson", $$"""{"resourceType":"RelatedPerson","patient":{"reference":"Patient/{{ann}}"} }""", ("X-Home-Organization", "Organization/de-linde"));
        Assert.Equal(200, await MeAsync($"RelatedPerson/{made.Id}"));
    }

    [Fact]
    public async Task An_assistant_acts_on_behalf_of_a_clinician_of_her_own_organisation_and_of_nobody_else()
    {
        var (assistant, colleague) = (await HireAsync("assistant", "de-linde"), await HireAsync("assistant", "de-linde"));
        var gone = await HireAsync("gp", "de-linde", """ "period":{"end":"2020-01-01"}, """);
        Func<TokenFor, TokenFor> For(string? whom) => token => token with { OnBehalfOf = whom };
        var me = (await House.As(assistant, with: For("PractitionerRole/dr.jansen")).Get("/me")).Json;
        Assert.Equal(("assistant", "PractitionerRole/dr.jansen"), ((string)me["role"]!, (string)me["onBehalfOf"]!));
        Assert.Equal(200, await MeAsync(assistant));
        foreach (var whom in (string[])["PractitionerRole/dr.bakker", $"PractitionerRole/{colleague}", $"PractitionerRole/{assistant}", $"PractitionerRole/{gone}", "PractitionerRole/nobody", "Practitioner/dr.jansen", "dr.jansen", ""])
            Assert.Equal(403, await MeAsync(assistant, For(whom)));
        foreach (var who in (string[])["dr.jansen", "his-delinde", "integrator", "privacy"]) Assert.Equal(403, await MeAsync(who, For("PractitionerRole/dr.jansen")));
    }

    [Fact]
    public async Task H6_A_locum_has_access_in_her_window_and_not_outside_it()
    {
        var clock = new MovingClock();
        await using var house = await House.OpenAsync(clock: clock);
        var day = clock.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
        var until = clock.GetUtcNow().AddMinutes(3).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
        await MustAsync(house.As("integrator").Put("/fhir/PractitionerRole/dr.jansen",
            $$"""
            {"resourceType":"PractitionerRole","id":"dr.jansen","active":true,"period":{"start":"{{day}}","end":"{{until}}"},"practitioner":{"reference":"Practitioner/dr.jansen"},
            "organization":{"reference":"Organization/de-linde"},"code":[{"coding":[{"system":"{{RoleSystem}}","code":"gp"}]}]}
            """));
        var locum = house.As("dr.jansen");
        Assert.Equal(200, (await locum.Get("/me")).Code);
        clock.Forward(TimeSpan.FromMinutes(4));
        Assert.Equal(403, (await locum.Get("/me")).Code);
    }

    [Fact]
    public async Task Who_is_inactive_and_who_works_for_an_employer_has_no_access()
    {
        Assert.Equal(200, await MeAsync(await HireAsync("gp", "de-linde")));
        Assert.Equal(200, await MeAsync(await HireAsync("gp", "de-linde", practitioner: """ "active":true, """)));
        Assert.Equal(403, await MeAsync(await HireAsync("gp", "de-linde", practitioner: """ "active":false, """)));
        foreach (var active in (string[])["", """ "active":false, """]) Assert.Equal(403, await MeAsync(await HireAsync("gp", "de-linde", active: active)));
        await MustAsync(Integrator.Put("/fhir/Organization/the-boss", $$"""{"resourceType":"Organization","id":"the-boss","active":true,"type":[{"coding":[{"system":"{{KindSystem}}","code":"employer"}]}],"name":"Boss"}"""));
        foreach (var role in (string[])["company-doctor", "gp", "assistant"]) Assert.Equal(403, await MeAsync(await HireAsync(role, "the-boss")));
        Assert.Equal(403, await MeAsync("his-delinde", t => t with { Organization = "Organization/the-boss" }));
    }

    [Theory]
    [InlineData("administrator"), InlineData("privacy-officer"), InlineData("practice-system"), InlineData("integrator"), InlineData("patient"), InlineData("proxy"), InlineData("nobody")]
    public async Task Whoever_writes_the_directory_makes_nobody_more_than_a_clinician(string role) => Assert.Equal(403, await MeAsync(await HireAsync(role, "de-linde")));

    [Fact]
    public async Task A_fhirUser_that_is_somebody_else_is_no_access()
    {
        Assert.Equal(200, await MeAsync("dr.jansen", t => t with { FhirUser = "Practitioner/dr.jansen" }));
        Assert.Equal(403, await MeAsync("dr.jansen", t => t with { FhirUser = "Practitioner/dr.bakker" }));
        Assert.Equal(403, await MeAsync("dr.jansen", t => t with { FhirUser = "Patient/dr.jansen" }));
    }

    [Fact]
    public async Task The_patient_in_context_is_named_by_id_or_reference_and_must_be_there()
    {
        var ann = await Jansen.NewPatient();
        foreach (var named in (string[])[ann, $"Patient/{ann}"])
        {
            var me = (await House.As("dr.jansen", "patient/*.rs", t => t with { Patient = named }).Get("/me")).Json;
            Assert.Equal($"Patient/{ann}", (string)me["patient"]!);
        }
        foreach (var named in (string[])["nobody", "Patient/nobody", $"Observation/{ann}", "", $"Patient/{ann}/_history/1"])
            Assert.Equal(403, await MeAsync("dr.jansen", t => t with { Patient = named }));
        Assert.Equal(403, (await House.As($"Patient/{await Jansen.NewPatient()}", with: t => t with { Patient = ann }).Get($"/fhir/Patient/{ann}")).Code);
    }

    private string Make(Action<Dictionary<string, object>> with)
    {
        var now = DateTime.UnixEpoch.AddSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());
        var claims = new Dictionary<string, object>(StringComparer.Ordinal) { ["sub"] = "x", ["client_id"] = "test", ["jti"] = "token-1", ["scope"] = "user/*.cruds", ["practitioner_role"] = "PractitionerRole/dr.jansen" };
        with(claims);
        return new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            TokenType = "at+jwt", Issuer = TokenNames.Default.Issuer, Audience = TokenNames.Default.Audience, IssuedAt = now, NotBefore = now, Expires = now.AddMinutes(5), Claims = claims,
            SigningCredentials = new(House.Services.GetRequiredService<ECDsaSecurityKey>(), SecurityAlgorithms.EcdsaSha256),
        });
    }

    [Theory]
    [InlineData("patient"), InlineData("fhirUser"), InlineData("on_behalf_of"), InlineData("acr"), InlineData("jti"), InlineData("role"), InlineData("scope"), InlineData("practitioner_role")]
    public async Task A_claim_that_stands_there_twice_is_401(string claim) =>
        Assert.Equal(401, (await House.With(Make(c => c[claim] = (string[])["a", "b"])).Get("/me")).Code);

    private async Task<Caller> CallerAsync(string token)
    {
        await using var request = House.Services.CreateAsyncScope();
        var context = new Microsoft.AspNetCore.Http.DefaultHttpContext { RequestServices = request.ServiceProvider };
        context.Request.Headers.Authorization = $"Bearer {token}";
        context.Connection.RemoteIpAddress = System.Net.IPAddress.Parse("192.0.2.7");
        Assert.False((await House.Services.GetRequiredService<Callers>().OfAsync(context, token, "r1"))!.Failed(out _, out var seen));
        return seen;
    }

    [Fact]
    public async Task The_audit_learns_the_issuer_the_token_the_address_and_the_person()
    {
        var sees = (await CallerAsync(Make(_ => { }))).Sees;
        Assert.Equal((TokenNames.Default.Issuer, "token-1", "192.0.2.7", "r1"), (sees.Issuer, sees.TokenId, sees.Network, sees.Request));
        Assert.True(sees.PractitionerRid > 0 && sees.PractitionerRid != sees.ActorRid);
    }

    [Theory]
    [InlineData("urn:samenspraak:step-up", 0, true)]
    [InlineData("urn:samenspraak:step-up", -3600, true)]   // how fresh it must be, whoever asks for it says
    [InlineData("urn:samenspraak:step-up", 20, true)]
    [InlineData("urn:samenspraak:step-up", 120, false)]
    [InlineData("urn:samenspraak:step-up", 100_000, false)]
    [InlineData("urn:samenspraak:step-up", null, false)]
    [InlineData("urn:other", 0, false)]
    [InlineData(null, 0, false)]
    public async Task A_step_up_counts_when_its_acr_is_ours_and_its_moment_lies_before_the_token(string? acr, int? seconds, bool counts)
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var caller = await CallerAsync(Make(c =>
        {
            if (acr is not null) c["acr"] = acr;
            if (seconds is { } shift) c["auth_time"] = now + shift;
        }));
        Assert.Equal(counts ? DateTimeOffset.FromUnixTimeSeconds(now + seconds!.Value) : null, caller.SteppedUpAt);
    }

    [Fact]
    public async Task A_moment_of_step_up_that_is_no_number_does_not_count()
    {
        foreach (var moment in (object[])[$"{TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()}", -5L, 1.5, true, long.MaxValue])
            Assert.Null((await CallerAsync(Make(c => (c["acr"], c["auth_time"]) = ("urn:samenspraak:step-up", moment)))).SteppedUpAt);
    }
}
